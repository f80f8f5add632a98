//! `hookwell serve`: the server, until it is told to stop.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use super::traces::Traces;
use crate::config::log::SPANS;
use crate::config::{Config, LogConfig, LogFormat};
use crate::model::Clock;
use crate::serve;

/// Flags of `hookwell serve`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    #[command(flatten)]
    config: Config,
}

impl Serve {
    pub(super) fn run(self) -> ExitCode {
        if let Some(error) = hide_password() {
            return super::complain(&error);
        }
        let runtime = match tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
        {
            Ok(runtime) => runtime,
            Err(error) => return super::complain(&error),
        };
        let traces = match start_log(&self.config.log, runtime.handle()) {
            Ok(traces) => traces,
            Err(error) => return super::complain(&*error),
        };
        let ended = runtime.block_on(async {
            let (mut interrupt, mut terminate) = (
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
            );
            let (first, mut stopped) = tokio::sync::oneshot::channel();
            let stop = async {
                told_to_stop(&mut interrupt, &mut terminate).await;
                first.send((interrupt, terminate)).ok(); // The server may have ended by itself.
            };
            let ready = |address| super::say(&format!("listening on http://{address}"));
            let server = serve::run(self.config, Clock::System, ready, stop);
            // The second signal ends the process at once, which is safe: what was answered is on the disk.
            let second = async {
                match (&mut stopped).await {
                    Ok((mut interrupt, mut terminate)) => {
                        told_to_stop(&mut interrupt, &mut terminate).await;
                    }
                    Err(_) => std::future::pending().await,
                }
            };
            tokio::select! {
                ended = server => ended.map_err(Box::<dyn std::error::Error>::from),
                () = second => Ok(()),
            }
        });
        if let Some(traces) = traces {
            traces.finish();
        }
        // Whatever still runs is cut; all that was answered is stored.
        runtime.shutdown_background();
        ended.map_or_else(|error| super::complain(&*error), |()| ExitCode::SUCCESS)
    }
}

/// Everybody on the machine can read a command line: where it names a database, this program starts itself anew in its own place,
/// with that in its environment. Comes back where there is nothing to hide, or with the failure.
fn hide_password() -> Option<std::io::Error> {
    let mut arguments = std::env::args_os();
    let name = arguments.next()?;
    let (mut kept, mut store) = (Vec::new(), None);
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        if text == "--store" {
            store = arguments.next();
        } else if let Some(value) = text.strip_prefix("--store=") {
            store = Some(value.into());
        } else {
            kept.push(argument);
        }
    }
    let store = store.filter(|store| store.to_string_lossy().contains('@'))?;
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return Some(error),
    };
    let mut anew = Command::new(program);
    Some(
        anew.arg0(name)
            .args(kept)
            .env("HOOKWELL_STORE", store)
            .exec(),
    )
}

/// Waits for a signal to stop.
async fn told_to_stop(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Logs go to standard error; control characters in what strangers sent are escaped by the formatter. Traces go to the collector, where
/// one is named.
fn start_log(
    config: &LogConfig,
    runtime: &Handle,
) -> Result<Option<Traces>, Box<dyn std::error::Error>> {
    let collector = config.collector();
    let traces = collector
        .map(|collector| Traces::to(&collector, runtime))
        .transpose()?;
    let lines = EnvFilter::try_new(&config.log)?.add_directive(format!("{SPANS}=off").parse()?);
    let printed = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let printed = match config.log_format {
        LogFormat::Text => printed
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .boxed(),
        LogFormat::Json => printed.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(printed.with_filter(lines))
        .with(traces.as_ref().map(Traces::layer))
        .try_init()?;
    Ok(traces)
}
