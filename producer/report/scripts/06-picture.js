// A photo with boxes around its faces. Untrusted names are only ever set as text content.

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// Return the URLs to try, the best first, each with what it shows.
function sources(photo, large) {
  const stored = (value, suffix, kind) => (value ? [{ url: storedUrl(photo, value, suffix), kind }] : []);
  const thumb = stored(photo.thumb, "", "thumbnail");
  const preview = stored(photo.preview, "-large", "preview");
  // The file of a failed photo may be what no program should open.
  const link = photo.link && photo.status !== "failed" ? [{ url: photo.link, kind: "file" }] : [];
  return large ? [...preview, ...link, ...thumb] : thumb.length ? thumb : link;
}

const IN_FOLDER = 1; // instead of a picture: it is in the report's folder

// The names that `producer/report/picture_files.py` writes.
function storedUrl(photo, value, suffix) {
  if (value !== IN_FOLDER) return `data:image/webp;base64,${value}`;
  return `${about.folder}${photo.sha256.slice(0, 2)}/${photo.sha256.slice(2, 32)}${suffix}.webp`;
}

function placeholder() {
  const element = make("span", "none broken");
  element.append(make("b", "", "✕"), make("span", "", "no picture"));
  return element;
}

// Return how a photo is shown: turned clockwise by right angles until its faces are upright, or
// tilted by `tilt`, the degrees clockwise that are left.
function turnOf({ orientation }) {
  const degrees = orientation ?? 0;
  const rightAngles = degrees < 180 ? Math.floor(degrees / 90) : Math.ceil(degrees / 90);
  return { turn: (90 * rightAngles) % 360, tilt: degrees - 90 * rightAngles };
}

// Return width and height of a photo as it is shown.
function shownSize(photo, width, height) {
  return turnOf(photo).turn % 180 ? [height, width] : [width, height];
}

// Return a face's box in the photo as it is shown; `width` and `height` are those of its file.
function shownBox(photo, width, height, { left, top, width: across, height: down }) {
  switch (turnOf(photo).turn) {
    case 90: return { left: height - top - down, top: left, width: down, height: across };
    case 180: return { left: width - left - across, top: height - top - down, width: across, height: down };
    case 270: return { left: top, top: width - left - across, width: down, height: across };
    default: return { left, top, width: across, height: down };
  }
}

function turnImage(image, photo, width, height) {
  const { turn } = turnOf(photo);
  if (!turn) return;
  const [across, down] = shownSize(photo, width, height);
  image.className = "turned";
  image.style.width = `${(100 * width) / across}%`;
  image.style.height = `${(100 * height) / down}%`;
  image.style.transform = `translate(-50%, -50%) rotate(${turn}deg)`;
}

const NOT_IN_FOLDER = "the report's folder of pictures is missing";
const MISSING = { file: "the browser cannot show this file", thumbnail: NOT_IN_FOLDER, preview: NOT_IN_FOLDER };

// Return a picture of at most `across` × `down` px, or a text if there is none.
// `sized` is called with its width and height in px when they are known, `shows` with the kind of its source.
function picture(photo, { across, down, threshold, large = false, sized = null, shows = null }) {
  const found = sources(photo, large);
  if (!found.length) return placeholder();
  const frame = make("div", "frame");
  const image = make("img");
  const fit = (fileWidth, fileHeight) => {
    const [width, height] = shownSize(photo, fileWidth, fileHeight);
    turnImage(image, photo, fileWidth, fileHeight);
    const scale = Math.min(across / width, down / height);
    frame.style.width = `${width * scale}px`;
    frame.style.height = `${height * scale}px`;
    sized?.(width * scale, height * scale);
  };
  image.alt = "";
  image.decoding = "async";
  image.draggable = false;
  image.addEventListener("load", () => {
    shows?.(found[0].kind);
    if (photo.width) return;
    fit(image.naturalWidth, image.naturalHeight);
    drawFaces(frame, photo, image.naturalWidth, image.naturalHeight, threshold, large);
  });
  image.addEventListener("error", () => {
    const { kind } = found.shift();
    if (found.length) image.src = found[0].url;
    else frame.replaceWith(make("span", "none", MISSING[kind]));
  });
  frame.append(image);
  if (photo.width) {
    fit(photo.width, photo.height);
    drawFaces(frame, photo, photo.width, photo.height, threshold, large);
  }
  image.src = found[0].url;
  return frame;
}

function drawFaces(frame, photo, fileWidth, fileHeight, threshold, large) {
  const [width, height] = shownSize(photo, fileWidth, fileHeight);
  const { tilt } = turnOf(photo);
  photo.faces.forEach((values, index) => {
    const found = face(values);
    const shown = shownBox(photo, fileWidth, fileHeight, found);
    const box = make("i", `face${found.confirmed ? "" : " alone"}`);
    // Cutting a tilted box at the edges of the photo would move its middle.
    const cut = (value, most) => (tilt ? value : Math.min(most, Math.max(0, value)));
    const [left, top] = [cut(shown.left, width), cut(shown.top, height)];
    box.style.left = `${(100 * left) / width}%`;
    box.style.top = `${(100 * top) / height}%`;
    box.style.width = `${(100 * (cut(shown.left + shown.width, width) - left)) / width}%`;
    box.style.height = `${(100 * (cut(shown.top + shown.height, height) - top)) / height}%`;
    if (tilt) box.style.transform = `rotate(${-tilt}deg)`;
    box.dataset.face = index;
    if (large) box.append(make("b", "", `${index + 1}: ${decimals(found.probability)}`));
    frame.append(box);
  });
  colourFaces(frame, photo, threshold);
}

function colourFaces(element, photo, threshold) {
  for (const box of element.querySelectorAll(".face")) {
    const found = face(photo.faces[box.dataset.face]);
    box.classList.toggle("worn", found.probability >= threshold);
    box.classList.toggle("dark", eyewearOf(found, threshold) === "sunglasses");
  }
}

const NAME_END = 12; // characters of a file name that are never cut: its number and suffix

// Return a name that is cut in the middle if it is too long: first its folder, then its file name.
function cutName(name, base) {
  const element = make("div", "name");
  const file = Array.from(name.slice(base)); // whole characters
  element.append(
    make("span", "folder", name.slice(0, base)),
    make("span", "start", file.slice(0, -NAME_END).join("")),
    make("span", "end", file.slice(-NAME_END).join("")),
  );
  element.title = name;
  return element;
}
