// The page: one row a view is in the page itself, all else of a view comes in files of many views, when it is shown.

const PAGE = 60, KEPT = 300;
const byId = (id) => document.getElementById(id);
const control = Object.fromEntries(
  ["boxes", "masks", "keypoints", "beside", "style", "category", "split", "low", "high", "sort"].map((id) => [id, byId(id)]));
const views = data.views.map(([view, split, width, height, categories, pictures], number) => ({
  number, view, split: data.splits[split], size: [width, height], categories,
  pictures: pictures.map(([file, style, fidelity]) => ({ file, style: data.styles[style], fidelity })),
}));
const files = new Map(), waiting = new Map();
let found = [], page = 0;  // found: [view, number of its picture], filtered and sorted

function make(tag, text, parent) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;  // textContent only: names and prompts are anyone's text
  if (parent) parent.append(node);
  return node;
}

// A path of the dataset as an address that cannot lead out of it.
function address(file) {
  return "./" + file.split("/").map(encodeURIComponent).join("/");
}

// The files of details call this.
function galleryData(number, list) {
  waiting.get(number)?.(list);
}

function load(number) {
  let promise = files.get(number);
  if (!promise) {
    promise = new Promise((resolve) => {
      const script = make("script");
      waiting.set(number, resolve);
      script.onload = script.onerror = () => { resolve(null); waiting.delete(number); script.remove(); };
      script.src = address(data.files[number]);
      document.head.append(script);
    });
    if (files.size >= KEPT) files.delete(files.keys().next().value);
    files.set(number, promise);
  }
  return promise;
}

// What is known of a view: {beside, things, pictures}, or null if its file is gone.
async function details(view) {
  const list = await load(Math.floor(view.number / data.together));
  return list?.[view.number % data.together] ?? null;
}

function thumbnail(file, size) {
  if (Math.max(...size) <= data.small) return address(file);
  return address(data.thumbnails + file.replace(/\.[^./]*$/, "") + ".jpg");
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    entry.target.seen = entry.isIntersecting;
    if (entry.isIntersecting) paint(entry.target);
  }
}, { rootMargin: "200px" });

function repaint() {
  for (const canvas of document.querySelectorAll("canvas")) if (canvas.seen) paint(canvas);
}

// A picture in a button. Its thumbnail stands for it where it is shown small; picture: its number, -1 for another image.
function frame(file, view, picture, what, parent, whole = false) {
  const box = make("button", "", parent), image = make("img", "", box);
  box.className = "frame";
  box.type = "button";
  image.loading = "lazy";
  image.decoding = "async";
  [image.width, image.height] = view.size;
  image.alt = what;
  image.onerror = () => {
    image.onerror = () => box.classList.add("gone");
    image.src = address(file);
  };
  image.src = whole ? address(file) : thumbnail(file, view.size);
  if (picture !== null) {
    const canvas = make("canvas", "", box);
    [canvas.view, canvas.picture] = [view, picture];
    seen.observe(canvas);
  }
  return box;
}

function figure(view, number, row, alone) {
  const picture = view.pictures[number], name = picture.style || "no style";
  const node = make("figure", "", row), pair = make("div", "", node);
  pair.className = "pair";
  frame(picture.file, view, number, `View ${view.view}, ${name}`, pair).onclick = () => enlarge(view, number);
  const caption = make("figcaption", "", node);
  make("b", name, caption);
  if (alone) make("span", ` · view ${view.view} · ${view.split}`, caption);
  if (picture.fidelity != null) make("span", ` · fidelity ${picture.fidelity.toFixed(2)}`, caption);
  const said = make("p", "", caption);
  details(view).then((about) => {
    if (!about) return void (said.textContent = "labels missing");
    const { prompt } = about.pictures[number] ?? {};
    said.textContent = said.title = prompt || `${about.things.length} instances`;
    const beside = about.beside[control.beside.value];
    if (beside) frame(beside, view, null, `View ${view.view}, ${control.beside.value}`, pair, true).onclick = () => enlarge(view, number);
  });
}

function fits(view, picture) {
  const { style, low, high } = control;
  if (style.value && picture.style !== style.value) return false;
  if (low.value === "" && high.value === "") return true;
  return picture.fidelity != null && picture.fidelity >= Number(low.value || 0) && picture.fidelity <= Number(high.value || 1);
}

function find() {
  const { category, split, sort } = control;
  found = [];
  for (const view of views) {
    if (split.value && view.split !== split.value) continue;
    if (category.value && !view.categories.includes(Number(category.value))) continue;
    view.pictures.forEach((picture, number) => fits(view, picture) && found.push([view, number]));
  }
  const way = { low: 1, high: -1 }[sort.value];
  if (!way) return;
  const score = ([view, number]) => view.pictures[number].fidelity;
  found = found.filter((item) => score(item) != null).sort((a, b) => way * (score(a) - score(b)));
}

function show() {
  const grid = byId("grid"), pages = Math.max(1, Math.ceil(found.length / PAGE));
  page = Math.max(0, Math.min(pages - 1, page));
  seen.disconnect();
  grid.replaceChildren();
  const part = found.slice(page * PAGE, (page + 1) * PAGE);
  const alone = part.every(([view], at) => at === 0 || view !== part[at - 1][0]) || Boolean(control.sort.value);
  grid.style.setProperty("--cell", control.beside.value ? "440px" : alone ? "240px" : "280px");
  let row = null, last = null;
  for (const [view, number] of part) {
    if (!row || (!alone && view !== last)) {
      const section = make("section", "", grid);
      if (!alone) make("h2", `View ${view.view} · ${view.split}`, section);
      row = make("div", "", section);
      row.className = "row";
    }
    last = view;
    figure(view, number, row, alone);
  }
  if (!part.length) make("p", "No picture fits these filters.", grid).className = "empty";
  byId("count").textContent = `${found.length} pictures`;
  byId("page").textContent = `${page + 1} / ${pages}`;
  byId("back").disabled = page === 0;
  byId("next").disabled = page === pages - 1;
}

function turn(to) {
  page = to;
  show();
  window.scrollTo(0, 0);
}

function option(select, value, text) {
  make("option", text, select).value = value;
}

function start() {
  const { job } = data, pictures = views.reduce((sum, view) => sum + view.pictures.length, 0);
  byId("title").textContent = document.title = job.scene || "SynthData gallery";
  const shown = views.length < job.views ? `${views.length} of ${job.views} views, evenly spread` : `${views.length} views`;
  byId("about").textContent = `${shown} · ${pictures} pictures · seed ${job.seed} · ${job.created}`;
  for (const kind of data.kinds) option(control.beside, kind, kind);
  for (const name of data.styles) if (name) option(control.style, name, name);
  for (const [id, { name }] of Object.entries(job.categories)) option(control.category, id, name);
  for (const split of [...data.splits].sort()) option(control.split, split, split);
  for (const id of ["boxes", "masks", "keypoints"]) control[id].onchange = repaint;
  control.beside.onchange = show;
  for (const id of ["style", "category", "split", "low", "high", "sort"]) control[id].onchange = () => { find(); turn(0); };
  const scored = views.some((view) => view.pictures.some((picture) => picture.fidelity != null));
  for (const node of document.querySelectorAll(".scored")) node.hidden = !scored;
  byId("keypointing").hidden = !Object.values(job.categories).some((category) => category.keypoints);
  byId("back").onclick = () => turn(page - 1);
  byId("next").onclick = () => turn(page + 1);
  window.addEventListener("resize", repaint);
  find();
  show();
}
