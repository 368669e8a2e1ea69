//! Every service as a process of its own, with their doors, and a bucket for files.

use e2e::apart::{Apart, SERVICES, Service};
use e2e::erased::marks::Place;
use e2e::erased::{Doors, Search, traces};
use journal::{ConnectOptions, Journal};

use crate::server::{BUCKET, CREDENTIALS, Server};

/// Who has files in a bucket, of a store that speaks S3; the others have theirs in a folder.
const IN_BUCKET: [&str; 2] = ["media", "sender"];

pub(crate) struct Field {
    pub(crate) doors: Doors,
    pub(crate) bucket: Server,
    apart: Apart,
    services: Vec<Service>,
    /// Nobody reads what it has, and without it nothing works.
    _meta: Service,
}

impl Field {
    pub(crate) async fn start() -> Self {
        let apart = Apart::start().await;
        let (bucket, endpoint) = Server::start().await;
        let storage = format!("s3://{BUCKET}/objects");
        let variables = [
            ("PAIGE_STORAGE_URL", &*storage),
            ("AWS_ENDPOINT", &*endpoint),
            ("AWS_REGION", CREDENTIALS.region),
            ("AWS_ACCESS_KEY_ID", CREDENTIALS.id),
            ("AWS_SECRET_ACCESS_KEY", CREDENTIALS.secret),
        ];
        let start = |name| if IN_BUCKET.contains(&name) { apart.service_with(name, &variables) } else { apart.service(name) };
        let mut services: Vec<Service> = SERVICES.into_iter().map(start).collect();
        let mut meta = apart.meta(&services[0]);
        for service in services.iter_mut().chain([&mut meta]) {
            apart.ready(service).await;
        }
        let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "erased")).await.unwrap();
        let bases = services.iter().chain([&meta]).map(|service| (service.name, service.base.clone()));
        let doors = Doors::open(bases, apart.keys.clone(), journal).await;
        Self { doors, bucket, apart, services, _meta: meta }
    }

    /// Everything that can be read, but at Meta's.
    pub(crate) async fn read<'a>(&self, mut search: Search<'a>) -> Search<'a> {
        traces::log(&self.doors.journal, &mut search).await;
        traces::databases(&self.apart.postgres.admin_url(), &mut search).await;
        traces::files(Place::Objects, &self.apart.folder().join("objects"), &mut search);
        self.read_bucket(&mut search);
        for service in &self.services {
            traces::metrics(&self.doors.http, service.name, &service.base, &mut search).await;
            traces::file(Place::Said, &self.apart.folder().join(format!("{}.log", service.name)), &mut search);
        }
        traces::file(Place::Said, &self.apart.nats.log_path(), &mut search);
        traces::file(Place::Said, &self.apart.postgres.log_path(), &mut search);
        search
    }

    /// A service is killed, something happens, and it starts again with what the log and the databases have.
    pub(crate) async fn without(&mut self, name: &str, happens: impl AsyncFnOnce(&Doors)) {
        let service = self.services.iter_mut().find(|service| service.name == name).unwrap();
        service.kill();
        happens(&self.doors).await;
        service.start();
        self.apart.ready(service).await;
    }

    /// Names and contents of its objects, also of uploads in parts that have not ended.
    fn read_bucket(&self, search: &mut Search<'_>) {
        let held = self.bucket.held();
        let parts = held.uploads.values().flat_map(|(key, parts)| parts.values().map(move |part| (key, part)));
        for (key, bytes) in held.objects.iter().chain(parts) {
            search.look(Place::Objects, key, &format!("{key} {}", String::from_utf8_lossy(bytes)));
        }
    }
}
