// A line may fall silent without being closed: a cable is pulled, a telephone changes its network, a router forgets.
// The browser would notice minutes later. The server answers a ping at once, whatever the kernel does.
const TALKING = 2; // seconds without a word, while an answer is expected, until a ping is sent
const RESTING = 10; // the same while nobody does anything
const PATIENCE = 5; // seconds for its answer; then the server is asked on another line
const LONGEST = 15; // seconds after which this line is given up, even where another one works
const OPENING = 15; // seconds for a new line until something is heard on it
const SLOWEST = 16384; // bytes that the slowest line carries in a second: an answer stands behind a large file

export class Silence {
  constructor(kernel) {
    Object.assign(this, { kernel, quiet: 0, asked: undefined });
    setInterval(() => this.#second(), 1000);
  }

  heard() { Object.assign(this, { quiet: 0, asked: undefined }); }

  ask() {
    if (this.asked !== undefined || !this.kernel.live) return;
    this.asked = 0;
    this.kernel.socket.send("ping");
  }

  // Seconds are counted, not told by the clock: a machine that slept, or a page that was busy, has heard nothing meanwhile.
  async #second() {
    const { kernel } = this;
    if (kernel.over || document.hidden) return;
    this.quiet += 1;
    if (!kernel.live) {
      if (this.quiet > OPENING) kernel.drop();
    } else if (this.asked === undefined) {
      if (this.quiet >= (kernel.errands.size ? TALKING : RESTING)) this.ask();
    } else {
      this.asked += 1;
      const longer = [...kernel.errands.values()].reduce((sum, { size }) => sum + size, 0) / SLOWEST;
      if (this.asked < PATIENCE + longer) return;
      const { socket } = kernel;
      const status = await kernel.status();
      if (this.asked === undefined || socket !== kernel.socket) return; // heard meanwhile, or dropped
      if (status !== 200 || this.asked >= LONGEST + longer) kernel.drop();
    }
  }
}
