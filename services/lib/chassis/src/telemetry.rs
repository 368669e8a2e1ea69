//! Logs and spans of the process: JSON or pretty on stderr, and OpenTelemetry when an endpoint is set.
//!
//! Spans get trace ids in any case, so that events carry a `traceparent`; without an endpoint nothing is exported.
//! The exporter has threads of its own, because it must work while the runtime stops. It does not speak TLS: give it
//! a collector on the same machine or network.

use std::time::Duration;

use axum::http::Uri;
use clap::{Args, ValueEnum};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// How long [`Telemetry`] waits for the last spans to be taken when it stops.
pub const FLUSH_LIMIT: Duration = Duration::from_secs(3);
/// How long one export may take.
const EXPORT_LIMIT: Duration = Duration::from_secs(5);

/// What is logged and where spans go.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetryArgs {
    /// What to log: a level (error, warn, info, debug, trace) or a filter such as `info,recorder=debug`
    #[arg(long = "log", env = "PAIGE_LOG", default_value = "info", value_name = "FILTER", value_parser = filter)]
    pub log: String,

    /// Form of log lines on stderr
    #[arg(long, env = "PAIGE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,

    /// OpenTelemetry collector for spans (OTLP over plain HTTP, e.g. http://localhost:4318); none: no export
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", value_parser = plain_http)]
    pub otlp_endpoint: Option<String>,

    /// Share of new traces that are exported, 0.0 to 1.0; a trace that a caller samples is always exported
    #[arg(long, env = "PAIGE_TRACE_RATIO", default_value_t = 1.0, value_name = "RATIO")]
    pub trace_ratio: f64,
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// For people.
    Pretty,
}

impl TelemetryArgs {
    /// Where spans go. An empty variable is none, as OpenTelemetry has it.
    fn endpoint(&self) -> Option<&str> {
        self.otlp_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())
    }
}

/// Read while arguments are: whoever could log that the filter is none is not there yet when it is used.
fn filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// As [`filter`]. An empty one is none.
fn plain_http(text: &str) -> Result<String, Error> {
    let usable = text.is_empty()
        || text.starts_with("http://") && text.parse::<Uri>().is_ok_and(|uri| uri.host().is_some_and(|host| !host.is_empty()));
    if usable { Ok(text.to_owned()) } else { Err(Error::Endpoint) }
}

/// Telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filter is not one.
    #[error("read the log filter {filter:?}")]
    Filter {
        /// As given.
        filter: String,
        /// Why.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// The endpoint is not a plain HTTP URL.
    #[error("the OpenTelemetry endpoint must start with http:// and name a host, because TLS is not built in")]
    Endpoint,
    /// The exporter cannot be built.
    #[error("build the OpenTelemetry exporter")]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
    /// Something else of the process has installed a subscriber.
    #[error("install the log subscriber")]
    Installed(#[source] tracing_subscriber::util::TryInitError),
}

/// Running telemetry. Dropping it sends the last spans, for at most [`FLUSH_LIMIT`]: keep it until the end of `main`.
#[derive(Debug)]
#[must_use = "spans are lost when it is dropped at once"]
pub struct Telemetry {
    provider: SdkTracerProvider,
    exports: bool,
}

/// Starts logs and spans for the process, and logs panics by their place (their text may hold what must not be logged).
///
/// # Errors
/// See [`Error`]; also when called a second time in a process.
pub fn start(args: &TelemetryArgs, service: &'static str) -> Result<Telemetry, Error> {
    let filter = EnvFilter::try_new(&args.log).map_err(|source| Error::Filter { filter: args.log.clone(), source })?;
    let provider = provider(args, service)?;
    let format = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let format = match args.log_format {
        LogFormat::Json => format.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
        LogFormat::Pretty => format.boxed(),
    };
    let spans = tracing_opentelemetry::layer()
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        // Nobody asks for the current context of OpenTelemetry; that of a span is asked for by the span.
        .with_context_activation(false)
        .with_tracer(provider.tracer(service));
    tracing_subscriber::registry().with(filter).with(spans).with(format).try_init().map_err(Error::Installed)?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, thread = std::thread::current().name().unwrap_or_default(), "panic");
    }));
    Ok(Telemetry { provider, exports: args.endpoint().is_some() })
}

fn provider(args: &TelemetryArgs, service: &'static str) -> Result<SdkTracerProvider, Error> {
    let builder = SdkTracerProvider::builder().with_resource(Resource::builder().with_service_name(service).build());
    let Some(endpoint) = args.endpoint() else {
        return Ok(builder.with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOff))).build());
    };
    let endpoint = plain_http(endpoint)?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_timeout(EXPORT_LIMIT)
        .build()
        .map_err(Error::Exporter)?;
    let ratio = Sampler::TraceIdRatioBased(args.trace_ratio.clamp(0.0, 1.0));
    Ok(builder.with_sampler(Sampler::ParentBased(Box::new(ratio))).with_batch_exporter(exporter).build())
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if self.exports
            && let Err(error) = self.provider.shutdown_with_timeout(FLUSH_LIMIT)
        {
            tracing::warn!(error = %error, "the last spans were not exported");
        }
    }
}
