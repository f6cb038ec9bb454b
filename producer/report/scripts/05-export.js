// Files for other programs: corrections, rows, and lists of paths.

function csvField(value) {
  const text = String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csvText(columns, rows) {
  return [columns, ...rows].map((row) => `${row.map(csvField).join(",")}\n`).join("");
}

// The format of `glasses/sources/label_table.py`.
function correctionsCsv(photos, marks) {
  const marked = photos.filter((photo) => marks.has(photo));
  const rows = marked.map((photo) => [photo.name, marks.get(photo), photo.sha256, about.job]);
  return csvText(["name", "correction", "sha256", "job"], rows);
}

const ISO_SECONDS = "2000-01-01 00:00:00".length;
const ROW_COLUMNS = ["image", "sha256", "status", "glasses", "eyewear", "probability", "faces", "orientation", "reason", "threshold", "correction", "date", "date_from"];

// As `glasses results --format csv`, with the threshold of the page and the corrections.
function rowsCsv(photos, threshold, marks) {
  const rows = photos.map((photo) => [
    photo.name, photo.sha256, photo.status, groupOf(photo, threshold) === "with",
    eyewearOf(photo, threshold), photo.probability, JSON.stringify(photo.faces.map((values) => faceRow(values, threshold))), photo.orientation, photo.reason, threshold, marks.get(photo),
    photo.date === null ? "" : dateText(photo.date, ISO_SECONDS), photo.date === null ? "" : photo.isTaken ? "exif" : "file",
  ]);
  return csvText(ROW_COLUMNS, rows);
}

function faceRow(values, threshold) {
  const found = face(values);
  const { left, top, width, height, score, confirmed, probability, sunglasses } = found;
  return {
    box: { left, top, width, height }, detection_score: score, confirmed, probability,
    sunglasses_probability: sunglasses, eyewear: eyewearOf(found, threshold),
  };
}

// Return the bytes of a path: links are escaped bytes, and names need not be UTF-8.
function pathBytes(photo) {
  if (!photo.link) return [...new TextEncoder().encode(photo.name)];
  const path = location.protocol === "file:" ? new URL(photo.link, location).pathname : photo.link;
  const bytes = [];
  for (let i = 0; i < path.length; i += 1) {
    if (path[i] === "%") { bytes.push(parseInt(path.slice(i + 1, i + 3), 16)); i += 2; }
    else bytes.push(path.charCodeAt(i)); // URLs are ASCII
  }
  return bytes;
}

// One path per line; NUL instead of line ends if a name contains one.
function pathList(photos) {
  const paths = photos.map(pathBytes);
  const end = paths.some((path) => path.includes(10)) ? 0 : 10;
  return new Uint8Array(paths.flatMap((path) => [...path, end]));
}

function download(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
