//! Files that Meta names by a URL: from whom they are fetched, who gets to see the token, and how many bytes are read.
//!
//! A URL comes out of an answer or a webhook, so it is a claim. The token goes to Meta and to nobody else, redirects are not followed.

use reqwest::Url;

use super::call::{ANSWER_BYTES_MAX, body_of, of_sending, read};
use super::{Error, FILE_LIMIT, Graph, Token};

/// Meta's hosts that ask for the token, with all below them.
const TOKEN_DOMAINS: [&str; 3] = ["fbsbx.com", "facebook.com", "whatsapp.net"];
/// Meta's hosts whose URLs are signed: they need no token, so they get none.
const SIGNED_DOMAINS: [&str; 1] = ["fbcdn.net"];

/// How a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    WithToken,
    WithoutToken,
}

/// `None`: not at all. Whoever is configured as Meta is trusted as Meta is, but not with less encryption.
fn trust(url: &Url, configured: &str) -> Option<Trust> {
    let host = url.host_str()?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let encrypted = url.scheme() == "https";
    let configured = Url::parse(configured).ok();
    if let Some(configured) = configured.filter(|configured| configured.host_str() == Some(host)) {
        return (encrypted || url.scheme() == configured.scheme()).then_some(Trust::WithToken);
    }
    if !encrypted || url.port().is_some() {
        return None;
    }
    let below = |domains: &[&str]| {
        domains.iter().any(|domain| host.strip_suffix(domain).is_some_and(|front| front.is_empty() || front.ends_with('.')))
    };
    if below(&TOKEN_DOMAINS) {
        return Some(Trust::WithToken);
    }
    below(&SIGNED_DOMAINS).then_some(Trust::WithoutToken)
}

impl Graph {
    /// The file that [`Graph::media`] or a webhook gave the URL of. Whether its digest is the promised one, the caller looks.
    ///
    /// # Errors
    /// [`Error::Expired`]: ask for the URL again. [`Error::TooLarge`]. [`Error::Unaskable`]: it is not at Meta.
    pub async fn download(&self, token: &Token, url: &str, bytes_max: usize) -> Result<Vec<u8>, Error> {
        self.fetch("download", token, url, bytes_max).await
    }

    /// The same for any call that ends in a file. `name` is for logs; the URL is not.
    pub(super) async fn fetch(&self, name: &'static str, token: &Token, url: &str, bytes_max: usize) -> Result<Vec<u8>, Error> {
        let fetched = self.fetch_unlogged(token, url, bytes_max).await;
        match &fetched {
            Ok(bytes) => tracing::debug!(call = name, bytes = bytes.len(), "a file was fetched from Meta"),
            Err(error) => {
                tracing::warn!(call = name, %error, meta.request_id = error.request_id(), "a file was not fetched from Meta");
            }
        }
        fetched
    }

    async fn fetch_unlogged(&self, token: &Token, url: &str, bytes_max: usize) -> Result<Vec<u8>, Error> {
        let url = Url::parse(url).map_err(|_| Error::Unaskable("a file whose URL is none"))?;
        let trust = trust(&url, &self.0.settings.url).ok_or(Error::Unaskable("a file that is not at Meta"))?;
        let mut request = self.0.client.get(url).timeout(FILE_LIMIT);
        if trust == Trust::WithToken {
            request = request.bearer_auth(token.expose());
        }
        let mut answer = request.send().await.map_err(|error| of_sending(&error))?;
        let status = answer.status();
        if status.as_u16() == 404 {
            return Err(Error::Expired);
        }
        if status.is_success() {
            return body_of(&mut answer, bytes_max).await?.ok_or(Error::TooLarge { bytes_max });
        }
        match read(&mut answer, ANSWER_BYTES_MAX, &[token.expose()]).await {
            Ok(_) => Err(Error::Unreadable { status: status.as_u16(), what: "it is no file" }),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: &str = "https://graph.facebook.com/v26.0";

    fn trusted(url: &str, configured: &str) -> Option<Trust> {
        trust(&Url::parse(url).unwrap(), configured)
    }

    #[test]
    fn the_token_goes_to_meta_and_to_nobody_else() {
        for url in [
            "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&hash=2",
            "https://LOOKASIDE.FBSBX.COM/a",
            "https://fbsbx.com/a",
            "https://mmg.whatsapp.net/a",
            "https://scontent.facebook.com:443/a",
        ] {
            assert_eq!(trusted(url, META), Some(Trust::WithToken), "{url}");
        }
        assert_eq!(trusted("https://scontent.xx.fbcdn.net/m1/v/t0.57323-24/a", META), Some(Trust::WithoutToken));
        for url in [
            "http://lookaside.fbsbx.com/a",
            "http://graph.facebook.com/a",
            "https://lookaside.fbsbx.com:8443/a",
            "https://evilfbsbx.com/a",
            "https://fbsbx.com.evil.example/a",
            "https://fbsbx.com@evil.example/a",
            "https://user:pass@lookaside.fbsbx.com/a",
            "https://evil.example/fbsbx.com",
            "https://evil.example\\.fbsbx.com/a",
            "https://fbsbx.com./a",
            "https://127.0.0.1/a",
            "https://[::1]/a",
            "ftp://lookaside.fbsbx.com/a",
            "file:///etc/passwd",
            "data:text/plain,a",
        ] {
            assert_eq!(trusted(url, META), None, "{url}");
        }
    }

    #[test]
    fn whoever_is_configured_as_meta_is_trusted_but_not_with_less_encryption() {
        let there = Some(Trust::WithToken);
        assert_eq!(trusted("http://127.0.0.1:4000/media/1", "http://127.0.0.1:4000/v26.0"), there);
        assert_eq!(trusted("http://meta:4001/media/1", "http://meta:4000/v26.0"), there);
        assert_eq!(trusted("https://meta/media/1", "http://meta:4000/v26.0"), there);
        assert_eq!(trusted("http://meta/media/1", "https://meta/v26.0"), None);
        assert_eq!(trusted("ftp://meta/media/1", "http://meta/v26.0"), None);
        assert_eq!(trusted("http://a.meta/media/1", "http://meta/v26.0"), None);
        assert_eq!(trusted("http://user@meta/media/1", "http://meta/v26.0"), None);
    }
}
