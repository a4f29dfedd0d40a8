// One picture large, with all that is known of it; or render and styles of its view side by side.

const large = byId("large"), compare = byId("compare");
let here = null;  // [view, number of its picture]

function enlarge(view, number) {
  here = [view, number];
  if (!large.open) large.showModal();
  showLarge();
}

async function showLarge() {
  const [view, number] = here, about = await details(view) ?? { beside: {}, things: [], pictures: [] };
  if (here[0] !== view || here[1] !== number) return;  // another one was asked for meanwhile
  const stage = byId("stage"), at = place();
  stage.replaceChildren();
  // First what takes room beside the stage.
  showStrip(view, number, about);
  showFacts(view, number, about);
  const { beside } = about, besides = [control.beside.value].filter((kind) => beside[kind]);
  const others = compare.checked ? view.pictures.keys() : [number];
  const kinds = compare.checked && beside.render && !view.pictures.some((item) => item.file === beside.render) ? ["render", ...besides.filter((kind) => kind !== "render")] : besides;
  const shown = [
    ...kinds.map((kind) => [beside[kind], -1, kind]),
    ...Array.from(others, (item) => [view.pictures[item].file, item, view.pictures[item].style || "no style"]),
  ];
  const width = wide(stage, shown.length, view.size);
  stage.style.setProperty("--wide", `${width}px`);
  for (const [file, picture, name] of shown) {
    const node = make("figure", "", stage);
    // Things that one picture's labels leave out are there in the view itself.
    frame(file, view, picture, `View ${view.view}, ${name}`, node, true).onclick = () => large.close();
    if (shown.length > 1) make("figcaption", name, node);
  }
  byId("place").textContent = at < 0 ? "" : `${at + 1} / ${found.length}`;
  byId("before").disabled = at <= 0;
  byId("after").disabled = at < 0 || at === found.length - 1;
}

// The width at which so many pictures of a size fill the stage best.
function wide(stage, count, [width, height]) {
  let best = 0;
  for (let columns = 1; columns <= count; columns++) {
    const lines = Math.ceil(count / columns), caption = count > 1 ? 30 : 2;
    const across = (stage.clientWidth - 10 * (columns - 1)) / columns - 2;
    const down = ((stage.clientHeight - 10 * (lines - 1)) / lines - caption) * (width / height);
    best = Math.max(best, Math.min(across, down));
  }
  return Math.max(80, Math.floor(best));
}

function showStrip(view, number, about) {
  const strip = byId("strip");
  strip.replaceChildren();
  strip.hidden = compare.checked;
  for (const [item, picture] of view.pictures.entries()) {
    const node = make("figure", "", strip);
    if (item === number) node.className = "chosen";
    frame(picture.file, view, null, picture.style || "no style", node).onclick = () => enlarge(view, item);
    make("figcaption", picture.style || "no style", node);
  }
  for (const [kind, file] of Object.entries(about.beside)) {
    const node = make("figure", "", strip);
    frame(file, view, null, kind, node, true).onclick = () => {
      control.beside.value = control.beside.value === kind ? "" : kind;
      showLarge();
      show();
    };
    make("figcaption", kind, node);
  }
}

function showFacts(view, number, about) {
  const facts = byId("facts"), picture = view.pictures[number], more = about.pictures[number] ?? {};
  facts.replaceChildren();
  const list = make("dl", "", facts);
  const lines = [
    ["View", `${view.view} (${view.split})`], ["Style", picture.style || "no style"], ["Prompt", more.prompt],
    ["Negative", more.negative], ["Seed", more.seed], ["Model", more.model], ["Steps", more.steps],
    ["Guidance", more.guidance], ["Strength", more.strength], ["Background", more.background],
    ["Fidelity", picture.fidelity?.toFixed(3)], ["File", picture.file], ["Size", view.size.join(" × ")],
  ];
  for (const [name, value] of lines) {
    if (value == null || value === "") continue;
    make("dt", name, list);
    make("dd", String(value), list);
  }
  const things = about.things.filter((thing) => !(more.dropped ?? []).includes(thing[0]));
  make("h2", `${things.length} instances`, facts);
  const names = make("ul", "", facts);
  for (const [instance, category, , , , , , share] of things) {
    const line = make("li", "", names), score = more.scores?.[instance];
    make("i", "", line).style.background = colour(category, 1);
    make("b", nameOf(category), line);
    const said = [share == null ? "" : `${Math.round(share * 100)} % visible`, score == null ? "" : `fidelity ${score.toFixed(2)}`];
    make("span", said.filter(Boolean).join(" · "), line);
  }
}

function place() {
  return found.findIndex(([view, number]) => view === here[0] && number === here[1]);
}

function step(by) {
  const at = place() + by;
  if (at < 0 || at >= found.length) return;
  here = found[at];
  const to = Math.floor(at / PAGE);
  if (to !== page) turn(to);
  showLarge();
}

// To the first picture of another view, in the order of what is found.
function stepView(by) {
  let at = place();
  while (found[at] && found[at][0] === here[0]) at += by;
  if (found[at]) step(at - place());
}

function press(id) {
  byId(id).click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("select, input[type=number]")) return;
  const open = large.open;
  const keys = {
    ArrowLeft: () => open ? step(-1) : turn(page - 1),
    ArrowRight: () => open ? step(1) : turn(page + 1),
    ArrowUp: open && (() => stepView(-1)),
    ArrowDown: open && (() => stepView(1)),
    Home: open && (() => step(-place())),
    End: open && (() => step(found.length - 1 - place())),
    c: open && (() => press("compare")),
    b: () => press("boxes"), m: () => press("masks"), k: () => press("keypoints"),
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
compare.onchange = showLarge;
byId("before").onclick = () => step(-1);
byId("after").onclick = () => step(1);
byId("close").onclick = () => large.close();
window.addEventListener("resize", () => large.open && showLarge());

start();
