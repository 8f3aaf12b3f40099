// What a page says while it opens, and when its connection is lost, comes back, or is gone for good.
const find = (id) => document.getElementById(id);
const SLOW_AFTER = 30000;
const LOST_AFTER = 2500;
const BACK_FOR = 5000;

const words = JSON.parse(find("page-words").textContent);
export const say = (word) => words[word] ?? "";

const slow = setTimeout(() => { if (find("loading_slow")) find("loading_slow").hidden = false; }, SLOW_AFTER);

export function opening(done, all) {
  if (!find("loading")) return;
  find("loading_text").textContent = say("step").replace("{done}", done).replace("{all}", all);
  find("loading_bar").max = all + 1;
  find("loading_bar").value = done;
}

export function opened() {
  clearTimeout(slow);
  find("loading")?.remove();
}

let pending;
function tell(word, level, link) {
  clearTimeout(pending);
  const place = find("lost");
  find("lost_text").textContent = say(word);
  find("lost_link").hidden = !link;
  place.classList.toggle("good", level === "good");
  place.hidden = false;
}

export function connection(state, doubt = false) {
  document.documentElement.dataset.connection = state;
  if (state === "live") { clearTimeout(pending); find("lost").hidden = true; }
  if (/^(?:gone|refused|cut)$/.test(state)) tell(state, "bad", true);
  if (state === "blocked") tell(state, "bad", false);
  if (state === "lost" && find("lost").hidden) {
    clearTimeout(pending);
    pending = setTimeout(() => tell("reconnecting", "bad", false), LOST_AFTER);
  }
  if (state === "back") {
    clearTimeout(pending);
    if (doubt) tell("doubt", "good", false);
    else if (!find("lost").hidden) tell("connected", "good", false);
    else return;
    if (!doubt) pending = setTimeout(() => { find("lost").hidden = true; }, BACK_FOR);
  }
}
