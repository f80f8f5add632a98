//! A real browser: headless Chromium, driven through chromedriver (<https://www.w3.org/TR/webdriver2/>).

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::driver::{Driver, FLAGS};
use super::{Connection, LONGEST, PATIENCE, eventually};

/// A browser with one window. It is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    runtime: Runtime,
    client: Option<Client>,
    driver: Driver,
    profile: TempDir,
}

/// What a test wants of its browser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wants {
    pub(crate) script: bool,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Default for Wants {
    fn default() -> Self {
        Self {
            script: true,
            width: 1280,
            height: 800,
        }
    }
}

impl Browser {
    /// A browser as most people have it.
    pub(crate) fn open() -> Self {
        Self::with(Wants::default())
    }

    /// A browser that differs.
    pub(crate) fn with(wants: Wants) -> Self {
        let profile = TempDir::new().unwrap();
        let driver = Driver::start()
            .expect("chromedriver runs (`make test` installs chromium and chromium-driver)");
        let address = driver.address;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut browser = Self {
            runtime,
            client: None,
            driver,
            profile,
        };
        let capabilities = browser.capabilities(wants);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let client = browser
            .wait(builder.connect(&format!("http://{address}")))
            .unwrap_or_else(|error| {
                panic!("no browser: {error} (`make test` installs chromium where it is missing)")
            });
        browser.client = Some(client);
        browser.resize(wants.width, wants.height);
        browser
    }

    /// What the browser answers.
    fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        let answer = async { tokio::time::timeout(LONGEST, answer).await };
        self.runtime.block_on(answer).expect("the browser answers")
    }

    fn client(&self) -> &Client {
        self.client.as_ref().unwrap()
    }

    /// A command of chromedriver's own, below the session.
    fn command(&self, path: &str, body: &Value) -> Value {
        let session = self.wait(self.client().session_id()).unwrap();
        let mut connection = Connection::open(self.driver.address);
        let body = body.to_string();
        let request = format!(
            "POST /session/{}/{path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            session.unwrap(),
            self.driver.address,
            body.len()
        );
        connection.send(request).unwrap();
        let answer = connection.receive().unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()["value"].take()
    }

    /// Makes the page's own area this large. Windows have a least width, phones do not.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let params = json!({
            "width": width,
            "height": height,
            "deviceScaleFactor": 1,
            "mobile": width < 500,
        });
        self.command(
            "goog/cdp/execute",
            &json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": params }),
        );
    }

    /// Shows pages as to someone who prefers `light` or `dark`.
    pub(crate) fn prefer(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.command(
            "goog/cdp/execute",
            &json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": [feature] } }),
        );
    }

    /// What pages wrote to the console since this was asked last: errors, and what their content security policy refused. What
    /// could not be loaded is left out, since a server that is stopped is meant to be away.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().unwrap().iter();
        entries
            .filter(|entry| entry["source"] != "network")
            .map(ToString::to_string)
            .collect()
    }

    pub(crate) fn goto(&self, url: &str) {
        self.wait(self.client().goto(url)).unwrap();
    }

    pub(crate) fn reload(&self) {
        self.wait(self.client().refresh()).unwrap();
    }

    pub(crate) fn url(&self) -> String {
        let url = self.wait(self.client().current_url());
        url.unwrap().to_string()
    }

    /// Clicks the first element that the selector finds, once there is one.
    pub(crate) fn click(&self, selector: &str) {
        eventually(selector, || {
            self.wait(async {
                let found = self.client().find(Locator::Css(selector)).await.ok()?;
                found.click().await.ok()
            })
        });
    }

    /// Chooses a file in a field.
    pub(crate) fn choose(&self, selector: &str, file: &std::path::Path) {
        self.wait(async {
            let field = self.client().find(Locator::Css(selector)).await.unwrap();
            field.send_keys(file.to_str().unwrap()).await.unwrap();
        });
    }

    /// Presses keys, as a person does.
    pub(crate) fn press(&self, keys: &str) {
        self.wait(async {
            let element = self.client().active_element().await.unwrap();
            element.send_keys(keys).await.unwrap();
        });
    }

    /// The text that a person sees in the first element that the selector finds; empty when there is none.
    pub(crate) fn text(&self, selector: &str) -> String {
        self.wait(async {
            match self.client().find(Locator::Css(selector)).await {
                Ok(found) => found.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            }
        })
    }

    /// How many elements the selector finds.
    pub(crate) fn count(&self, selector: &str) -> usize {
        let found = self.client().find_all(Locator::Css(selector));
        self.wait(found).unwrap().len()
    }

    /// What a script returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        let ran = self.client().execute(script, Vec::new());
        self.wait(ran)
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until an expression is true in the page.
    pub(crate) fn until(&self, expression: &str) {
        let script = format!("return !!({expression})");
        eventually(expression, || {
            // While a page is being left, nothing can be run in it.
            let ran = self.client().execute(&script, Vec::new());
            let ran = self.wait(ran).ok()?;
            (ran == Value::Bool(true)).then_some(())
        });
    }

    /// Whether a dialog of `alert()` and its kin is open.
    pub(crate) fn has_alert(&self) -> bool {
        let text = self.client().get_alert_text();
        self.wait(text).is_ok()
    }

    /// Opens a further tab and goes on there.
    pub(crate) fn new_tab(&self) {
        self.wait(async {
            let tab = self.client().new_window(true).await.unwrap();
            self.client().switch_to_window(tab.handle).await.unwrap();
        });
    }

    fn capabilities(&self, wants: Wants) -> Value {
        let own = [
            format!("--user-data-dir={}", self.profile.path().display()),
            format!("--window-size={},{}", wants.width, wants.height),
        ];
        let flags: Vec<&str> = FLAGS
            .into_iter()
            .chain(own.iter().map(String::as_str))
            .collect();
        let mut options = json!({ "args": flags });
        if !wants.script {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        json!({
            "browserName": "chrome",
            "unhandledPromptBehavior": "ignore",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        })
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            let closed = async { tokio::time::timeout(PATIENCE, client.close()).await };
            self.runtime.block_on(closed).ok(); // The driver is ended either way.
        }
    }
}
