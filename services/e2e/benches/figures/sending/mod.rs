//! How fast messages leave, beside a bare client that posts the same bodies to the same Meta, which is a process of its own.
//!
//! What lies between the two is what makes a message one that is never doubled: a fact in the log before Meta is asked, another when it
//! has answered, each on storage that survives a power cut. Meta here answers at once, which it never does, or after 50 ms, which it does;
//! it takes however much comes, which it never does, or 80 messages a second of each number, which it does.

mod bare;
mod far_end;
mod house;
mod latency;
mod throughput;

use far_end::FarEnd;
use house::House;

/// What numbers send with: one that no signup brought takes any.
const TOKEN: &str = "a token for measuring";

pub(crate) async fn run() {
    let far = FarEnd::start().await;
    let house = House::make(&far.graph).await;
    latency::run(&house, &far).await;
    throughput::run(&house, &far).await;
    house.stop().await;
    far.stop().await;
}

/// About as much as people write.
fn text(index: usize) -> String {
    format!("Message {index}: your table for two is reserved, tonight at eight, by the window. We are looking forward to you.")
}
