//! What people see: pages over a real socket, without script.

mod bin;
mod capture;
mod compare;
mod every;
mod filter;
mod home;
mod hostile;
mod import;
mod kinds;
mod settings;
mod stream;
mod viewers;

pub(crate) use capture::seen;

use crate::support::{Bin, Response, Server};

impl Server {
    /// Sends a form as a browser does: from a page of this very server.
    pub(crate) fn form(&self, target: &str, cookie: &str, fields: &str) -> Response {
        let cookie = format!("Cookie: {cookie}");
        let headers = [
            "Content-Type: application/x-www-form-urlencoded",
            "Sec-Fetch-Site: same-origin",
            cookie.as_str(),
        ];
        self.request("POST", target, &headers, fields.as_bytes())
    }

    /// A page for a browser with that cookie.
    fn get_with(&self, target: &str, cookie: &str) -> Response {
        let cookie = format!("Cookie: {cookie}");
        self.request("GET", target, &["Accept: text/html", &cookie], b"")
    }
}

impl Bin {
    /// An address below the bin's page.
    pub(crate) fn page(&self, below: &str) -> String {
        format!("/b/{}{below}", self.key)
    }
}

impl Response {
    /// The cookie that it sets, without its attributes.
    fn cookie(&self) -> &str {
        let cookie = self.header("set-cookie").expect("a cookie");
        cookie.split(';').next().unwrap()
    }
}

/// The ids of the rows on a page, from the top.
fn rows(html: &str) -> Vec<u64> {
    let ids = html.split("<a class=\"row\" id=\"r").skip(1);
    ids.map(|rest| rest.split('"').next().unwrap().parse().unwrap())
        .collect()
}
