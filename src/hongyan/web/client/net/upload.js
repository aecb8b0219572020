// Puts files into msfs and tells how far it is.

/** msfs is away, or did not take the file. */
export class UploadError extends Error {}

/**
 * @param {string} msfs
 * @param {Blob} blob
 * @param {string} name with an extension, since msfs wants one
 * @param {(share: number) => void} progress gets 0 to 1
 * @param {AbortSignal} [signal] ends it
 * @returns {Promise<string>} the address of the file
 */
export function upload(msfs, blob, name, progress, signal) {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("image", blob, name);
    const request = new XMLHttpRequest(); // fetch does not tell how far an upload is
    request.open("POST", msfs);
    request.responseType = "text";
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = request.onabort = () => reject(new UploadError(name));
    signal?.addEventListener("abort", () => request.abort());
    request.onload = () => {
      const url = readAnswer(request.responseText, msfs);
      if (url) resolve(url);
      else reject(new UploadError(name));
    };
    request.send(form);
  });
}

/**
 * @param {string} text
 * @param {string} msfs
 */
function readAnswer(text, msfs) {
  try {
    const answer = JSON.parse(text);
    if (answer.error_code !== 0 || !answer.path) return null;
    return new URL(answer.path, msfs).href;
  } catch {
    return null;
  }
}
