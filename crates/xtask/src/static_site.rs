//! A small static server for the built site, on this machine only.

use crate::error::{Error, Result};
use crate::shell::say;
use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};
use tiny_http::{Header, Request, Response, Server};

/// Ports tried after the one asked for.
const SPARE_PORTS: u16 = 20;

/// Listens on the first free port from `port` on, and returns it beside the server.
pub(crate) fn listen(port: u16) -> Result<(Server, u16)> {
    let mut last_refusal = None;
    for candidate in port..=port.saturating_add(SPARE_PORTS) {
        match Server::http(("127.0.0.1", candidate)) {
            Ok(server) => return Ok((server, candidate)),
            Err(refusal) => last_refusal = Some(refusal),
        }
    }
    let reason = last_refusal.map_or_else(|| "no port was tried".into(), |refusal| refusal.to_string());
    Err(Error::Io {
        action: format!(
            "listen on 127.0.0.1:{port} or one of the {SPARE_PORTS} ports after it; give another --port"
        ),
        source: io::Error::other(reason),
    })
}

/// Answers requests with the files of `folder`, for ever.
pub(crate) fn serve(server: &Server, folder: &Path) {
    for request in server.incoming_requests() {
        let url = request.url().to_owned();
        if let Err(error) = answer(request, folder) {
            // Browsers drop connections all the time; the next request is answered as ever.
            say(&format!("    {url}: {error}"));
        }
    }
}

fn answer(request: Request, folder: &Path) -> io::Result<()> {
    let found = file_of_url(folder, request.url()).and_then(|path| Some((File::open(&path).ok()?, path)));
    let Some((file, path)) = found else {
        return request.respond(Response::from_string("Not found\n").with_status_code(404));
    };
    let media_type = mime_guess::from_path(&path).first_or_octet_stream();
    let media_type = match media_type.type_().as_str() {
        "text" => format!("{media_type}; charset=utf-8"),
        _ => media_type.to_string(),
    };
    let mut response = Response::from_file(file);
    // A rebuilt site must be seen at the next reload.
    for (name, value) in [("Content-Type", media_type.as_str()), ("Cache-Control", "no-cache")] {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    request.respond(response)
}

/// The file that an address means, or none where it leads out of the folder. The site's names are plain
/// ASCII, so nothing is decoded.
fn file_of_url(folder: &Path, url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.strip_prefix('/')?;
    let relative = Path::new(path);
    if !relative.components().all(|component| matches!(component, Component::Normal(_))) {
        return None;
    }
    let path = folder.join(relative);
    Some(if path.is_dir() { path.join("index.html") } else { path })
}

#[cfg(test)]
mod tests {
    use super::file_of_url;
    use std::path::Path;

    #[test]
    fn addresses_stay_inside_the_folder() {
        let folder = Path::new("/site");
        assert_eq!(file_of_url(folder, "/worker.js?v=1"), Some(folder.join("worker.js")));
        assert_eq!(file_of_url(folder, "/static/data/a.txt"), Some(folder.join("static/data/a.txt")));
        for outside in ["/../secret", "/static/../../secret", "//etc/passwd", "no-slash"] {
            assert_eq!(file_of_url(folder, outside), None, "{outside}");
        }
    }
}
