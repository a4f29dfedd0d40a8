// What lies over a picture: masks, boxes, keypoints. A thing is [instance, category, x, y, w, h, counts, share, keypoints].

function colour(category, alpha, light = 58) {
  return `hsl(${(category * 137.508 + 200) % 360} 85% ${light}% / ${alpha})`;
}

function nameOf(category) {
  return data.job.categories[category]?.name ?? `category ${category}`;
}

// COCO's compressed counts: five bits a letter, lowest first; differences to the count two before, from the fourth on.
function counts(text) {
  const list = [];
  for (let at = 0; at < text.length;) {
    let value = 0, shift = 0, bits;
    do {
      bits = text.charCodeAt(at++) - 48;
      value |= (bits & 31) << shift;
      shift += 5;
    } while (bits & 32);
    if (bits & 16) value |= -1 << shift;
    if (list.length > 2) value += list[list.length - 2];
    list.push(value);
  }
  return list;
}

function paintMasks(context, size, things, wide, high) {
  const [width, height] = size;
  const layer = document.createElement("canvas");
  [layer.width, layer.height] = size;
  const ink = layer.getContext("2d");
  for (const [number, thing] of things.entries()) {
    // The shade tells neighbours of one category apart.
    ink.fillStyle = colour(thing[1], 0.4, 44 + (number * 11) % 33);
    let at = 0, inside = false;
    for (const run of counts(thing[6])) {
      // A run goes down the columns; it may end in a later one than it began in.
      for (let from = at; inside && from < at + run;) {
        const x = Math.floor(from / height), to = Math.min(at + run, (x + 1) * height);
        ink.fillRect(x, from - x * height, 1, to - from);
        from = to;
      }
      at += run;
      inside = !inside;
    }
  }
  context.imageSmoothingEnabled = wide < width;
  context.drawImage(layer, 0, 0, wide, high);
}

function paintBoxes(context, size, things, wide, high, ratio) {
  const sx = wide / size[0], sy = high / size[1], tall = 11 * ratio;
  context.font = `600 ${tall}px system-ui, sans-serif`;
  context.textBaseline = "top";
  context.lineWidth = 1.5 * ratio;
  for (const [, category, x, y, w, h] of things) {
    context.strokeStyle = colour(category, 1);
    context.strokeRect(x * sx, y * sy, w * sx, h * sy);
  }
  for (const [, category, x, y] of things) {
    const name = nameOf(category);
    const room = context.measureText(name).width + 6 * ratio, deep = tall + 4 * ratio;
    const left = Math.max(0, Math.min(x * sx, wide - room)), top = Math.max(0, y * sy - deep);
    context.fillStyle = colour(category, 0.9, 28);
    context.fillRect(left, top, room, deep);
    context.fillStyle = "#fff";
    context.fillText(name, left + 3 * ratio, top + 2 * ratio);
  }
}

// Keypoints are [x, y, v]; v is 0 for none, 1 for hidden (a ring), 2 for visible (a dot). (0, 0) is the middle of a pixel.
function paintKeypoints(context, size, things, wide, high, ratio) {
  const sx = wide / size[0], sy = high / size[1];
  for (const [, category, , , , , , , points] of things) {
    if (!points) continue;
    const at = ([x, y]) => [(x + 0.5) * sx, (y + 0.5) * sy];
    context.strokeStyle = colour(category, 0.9, 75);
    context.lineWidth = 2 * ratio;
    for (const [from, to] of data.job.categories[category]?.skeleton ?? []) {
      const [one, other] = [points[from - 1], points[to - 1]];
      if (!one?.[2] || !other?.[2]) continue;
      context.beginPath();
      context.moveTo(...at(one));
      context.lineTo(...at(other));
      context.stroke();
    }
    for (const point of points) {
      if (!point[2]) continue;
      context.beginPath();
      context.arc(...at(point), 3 * ratio, 0, 2 * Math.PI);
      context.fillStyle = point[2] === 2 ? "#fff" : colour(category, 0.3, 20);
      context.fill();
      context.lineWidth = 1.5 * ratio;
      context.stroke();
    }
  }
}

// A canvas carries what it shows: its view, and the picture whose dropped things it leaves out (null: none are).
async function paint(canvas) {
  const about = await details(canvas.view);
  const ratio = window.devicePixelRatio || 1, size = canvas.view.size;
  const wide = Math.round(canvas.clientWidth * ratio), high = Math.round(canvas.clientHeight * ratio);
  [canvas.width, canvas.height] = [wide, high];
  if (!wide || !high || !about) return;
  const dropped = about.pictures[canvas.picture]?.dropped ?? [], only = control.category.value;
  const things = about.things.filter(
    (thing) => (!only || String(thing[1]) === only) && !dropped.includes(thing[0]));
  const context = canvas.getContext("2d");
  if (control.masks.checked) paintMasks(context, size, things, wide, high);
  if (control.boxes.checked) paintBoxes(context, size, things, wide, high, ratio);
  if (control.keypoints.checked) paintKeypoints(context, size, things, wide, high, ratio);
  canvas.dataset.painted = things.length;
}
