// Makes ../lean.js, ../vega.js and ../controls.css of the sources here and of the packages in package.json:
//   npm install --no-package-lock && npm run build
// Each begins with the hash of the sources; a test compares it. Nobody needs Node to install, run or test the product.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const packages = process.env.NODE_MODULES ?? join(here, "node_modules");
const theme = process.argv[2] ? resolve(process.argv[2]) : join(here, "..");
const wanted = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const sources = readdirSync(here).filter((name) => /\.js$/.test(name) || name === "package.json").sort();
const hash = createHash("sha256");
for (const name of sources) hash.update(readFileSync(join(here, name), "utf8").replaceAll("\r\n", "\n"));
const mark = `/* Built by templates/theme/js/build.js; licences in js/licences.md; sources ${hash.digest("hex")} */\n`;

// Lumino's distribution is one file whose namespaces cannot be dropped; from its sources only what is used is taken.
const lumino = {
  name: "lumino",
  setup({ onResolve }) {
    const source = (path) => ({ path, sideEffects: false });
    onResolve({ filter: /^@lumino\/widgets$/ }, () => source(join(packages, "@lumino/widgets/src/index.ts")));
    onResolve({ filter: /^\.\/\w+$/ }, ({ importer, resolveDir, path }) =>
      importer.includes(join("@lumino", "widgets", "src")) ? source(join(resolveDir, `${path}.ts`)) : undefined);
  },
};
// anywidget's package ends in a call for an AMD loader, of which there is none here; no address of another host
// gets into the built file.
const mended = {
  name: "mended",
  setup({ onLoad }) {
    onLoad({ filter: /anywidget\/dist\/index\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8")
        .replace(/define\(\[.*?\], (\w+)\);\s*$/, "export default $1;")
        .replace(/https:\/\/github\S+\d/g, ""),
    }));
    onLoad({ filter: /@jupyter-widgets\/\w+\/package\.json$/ }, ({ path }) => ({
      contents: `export const version = "${JSON.parse(readFileSync(path, "utf8")).version}";`,
    }));
  },
};
const common = { bundle: true, minify: true, legalComments: "none", nodePaths: [packages], logLevel: "warning", write: false };
const target = ["chrome111", "firefox115", "safari16.4"];
const module = { ...common, format: "esm", target, charset: "utf8", metafile: true };
const script = await build({
  ...module,
  entryPoints: [join(here, "page.js")],
  alias: {
    "sanitize-html": join(here, "sanitize.js"),
    jquery: join(here, "elements.js"),
    "lodash/isEqual": join(here, "equal.js"),
  },
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [lumino, mended],
});
const charts = await build({ ...module, entryPoints: [join(here, "vega.js")] });
const controls = ["labvariables.css", "widgets-base.css"].map((name) => `@import "${packages}/@jupyter-widgets/controls/css/${name}";`);
const style = await build({
  ...common,
  stdin: { contents: controls.join("\n"), resolveDir: here, loader: "css" },
  loader: { ".svg": "dataurl" },
  target,
});

const bundled = new Map();
for (const input of [script, charts].flatMap(({ metafile }) => Object.keys(metafile.inputs))) {
  const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
  if (name) bundled.set(name, JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")));
}
const loose = [...bundled].filter(([name, { version }]) => wanted.devDependencies[name] !== version);
if (loose.length) {
  console.error("package.json must pin what is bundled:", Object.fromEntries(loose.map(([name, { version }]) => [name, version])));
  process.exit(1);
}
// The packages of Project Jupyter carry their licence in their repositories only.
const JUPYTER = `Copyright (c) Project Jupyter Contributors; parts Copyright (c) 2014-2019, PhosphorJS Contributors
All rights reserved.

Redistribution and use in source and binary forms, with or without modification, are permitted provided that the
following conditions are met: 1. Redistributions of source code must retain the above copyright notice, this list of
conditions and the following disclaimer. 2. Redistributions in binary form must reproduce the above copyright notice,
this list of conditions and the following disclaimer in the documentation and/or other materials provided with the
distribution. 3. Neither the name of the copyright holder nor the names of its contributors may be used to endorse or
promote products derived from this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES,
INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY,
WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF
THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.`;
const licences = [...bundled].sort().map(([name, { version, license }]) => {
  const file = readdirSync(join(packages, name)).find((one) => /^licen[cs]e/i.test(one));
  const text = file && existsSync(join(packages, name, file)) ? readFileSync(join(packages, name, file), "utf8").trim() : JUPYTER;
  if (!file && !/^@(?:jupyter-widgets|lumino)\//.test(name)) throw new Error(`no licence of ${name}`);
  return `## ${name} ${version} (${license})\n\n${text.split("\n").map((line) => `    ${line}`.trimEnd()).join("\n")}\n`;
});
writeFileSync(join(theme, "lean.js"), mark + script.outputFiles[0].text);
// Messages of Vega name its repository, what it compiles a schema: an address of another host has no place in a served file.
writeFileSync(join(theme, "vega.js"), mark + charts.outputFiles[0].text.replace(/https:\/\/(?:vega\.)?github\.(?:com|io)[^\s"'`)]*/g, ""));
writeFileSync(join(theme, "controls.css"), mark + style.outputFiles[0].text);
if (!process.argv[2]) writeFileSync(join(here, "licences.md"), `# What lean.js and vega.js are built of\n\n${licences.join("\n")}`);
