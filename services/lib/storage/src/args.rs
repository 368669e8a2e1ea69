//! Where objects are kept: one flag, one variable.

use clap::Args;

/// The object storage.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Object storage")]
pub struct StorageArgs {
    /// Folder (a path, or file:///path), made if it is not there, or bucket of a store that speaks S3 (s3://bucket/prefix, with
    /// AWS_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)
    #[arg(long, env = "PAIGE_STORAGE_URL", default_value = ".paige/objects", value_name = "URL")]
    pub storage_url: String,
}
