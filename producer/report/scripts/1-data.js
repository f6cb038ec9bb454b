// What the page knows: one object a photo, read from the data blocks and never changed.

const STATUSES = ["classified", "no_face", "failed"];

const REASONS = {
  empty: "the file is empty",
  not_an_image: "it is not an image",
  corrupt: "the file is damaged",
  too_many_pixels: "it has too many pixels",
  file_too_large: "the file is too large",
  unreadable: "the file could not be read",
  changed: "the file changed while it was being sent",
  vanished: "its bytes were gone from the object store",
  crashed_worker: "it ended every worker that looked at it",
  pipeline_error: "a bug in the pipeline: the worker's log says more",
};

const about = JSON.parse(document.getElementById("about-data").textContent);

function face([left, top, width, height, score, confirmed, probability]) {
  return { left, top, width, height, score, confirmed: Boolean(confirmed), probability };
}

function readPhotos() {
  const photos = [];
  for (const block of document.querySelectorAll("script.photos")) {
    for (const row of JSON.parse(block.textContent)) {
      const [name, status, probability, faces, reason, sha256, width, height, thumb, link] = row;
      photos.push({
        number: photos.length, name, lower: name.toLowerCase(), status: STATUSES[status],
        probability, faces: faces.map(face), reason, sha256, width, height, thumb, link,
      });
    }
    block.remove(); // its text need not stay in memory twice
  }
  return photos;
}

function decimals(value) {
  return value.toFixed(3);
}

function plural(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
}
