// The data of the page: one object per photo, read from the data blocks and never changed.

const STATUSES = ["classified", "no_face", "failed"];

const REASONS = {
  empty: "the file is empty",
  not_an_image: "it is not an image",
  corrupt: "the file is damaged",
  no_preview: "it is a RAW photo without a JPEG preview of useful size",
  too_many_pixels: "it has too many pixels",
  too_complex: "it would take too long to decode",
  file_too_large: "the file is too large",
  archive_too_large: "the archive has more entries or bytes than is allowed",
  unreadable: "the file could not be read",
  changed: "the file changed while it was being sent",
  vanished: "the file was missing when it was to be read",
  unreadable_object: "the object store could not read it",
  out_of_reach: "the worker is not allowed to read its folder",
  out_of_memory: "it needs more memory than a process may use",
  crashed_worker: "it crashed every worker that processed it",
  pipeline_error: "a bug in the pipeline; see the worker's log",
};

const KEY_DIGITS = 24; // of a hash: enough to tell photos apart, and short in the browser's storage

const about = JSON.parse(document.getElementById("about-data").textContent);

function face([left, top, width, height, score, confirmed, probability, sunglasses]) {
  return { left, top, width, height, score, confirmed: Boolean(confirmed), probability, sunglasses };
}

// Return the probability of sunglasses of the face that decides; null without a face or without kinds.
function decidingSunglasses(faces) {
  const weight = about.faces === "largest" ? ({ width, height }) => width * height : ({ probability }) => probability;
  const found = faces.map(face).reduce((best, each) => (best && weight(best) >= weight(each) ? best : each), null);
  return found && found.sunglasses;
}

function readPhotos() {
  const photos = [];
  for (const block of document.querySelectorAll("script.photos")) {
    for (const row of JSON.parse(block.textContent)) {
      const [name, status, probability, faces, orientation, reason, sha256, width, height, thumb, link, preview, date, isTaken, label, groups] = row;
      const base = name.lastIndexOf("/") + 1;
      photos.push({
        number: photos.length, name, base, lower: name.toLowerCase(), status: STATUSES[status],
        probability, sunglasses: about.kinds ? decidingSunglasses(faces) : null, faces, orientation, reason, sha256, width, height, thumb, link, preview, date, isTaken: Boolean(isTaken), groups,
        label: label === undefined ? null : Boolean(label), // only in evaluations
        // Identical photos have one correction, whatever their names.
        key: sha256 ? sha256.slice(0, KEY_DIGITS) : name,
      });
    }
    block.remove(); // free its text
  }
  return photos;
}

// Dates are local times of the camera, or of the file, as if they were UTC.
function dateText(seconds, length = "2000-01-01 00:00".length) {
  return new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, length);
}

function decimals(value) {
  return value.toFixed(3);
}

function plural(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}
