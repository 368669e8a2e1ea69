//! One service of the house: what runs until it is told to stop.

use std::pin::Pin;

use tokio_util::sync::CancellationToken;

use crate::Failure;

/// One service, ready to run until it is told to stop.
pub(crate) struct Service(pub(crate) Box<dyn FnOnce(CancellationToken) -> Running + Send>);

pub(crate) type Running = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

impl Service {
    pub(crate) fn new<E, R>(name: &'static str, run: impl FnOnce(CancellationToken) -> R + Send + 'static) -> Self
    where
        E: Into<Failure> + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
    {
        Self(Box::new(move |stop| Box::pin(named(name, run(stop)))))
    }
}

/// What it ends with, with its name.
pub(crate) async fn named<E: Into<Failure>>(name: &str, service: impl Future<Output = Result<(), E>>) -> Result<(), Failure> {
    service.await.map_err(|error| Failure::from(format!("{name}: {}", error.into())))
}
