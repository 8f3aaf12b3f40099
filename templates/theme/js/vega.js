// Charts of Altair, loaded by a page only when it shows one. Expressions are interpreted: no page may compile scripts.
import { parse, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile } from "vega-lite";

export function draw(container, spec, kind) {
  const whole = kind.includes("vegalite") ? compile(spec).spec : spec;
  const view = new View(parse(whole, {}, { ast: true }), { expr: expressionInterpreter, renderer: "svg", container, hover: true });
  return view.runAsync();
}
