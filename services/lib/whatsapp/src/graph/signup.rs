//! The calls of Embedded Signup: a code becomes a token, the token says what it is for, the account sends us its webhooks.

use reqwest::Method;
use serde_json::Value;

use super::answer::{boolean, integer, list, strings, text};
use super::call::{ANSWER_BYTES_MAX, Auth, Body, Call};
use super::error::MetaRefusal;
use super::{CALL_LIMIT, Error, Graph, NumberFields, Token};
use crate::WabaId;

/// The scope whose targets are accounts.
const MANAGEMENT: &str = "whatsapp_business_management";
/// The longest token that is taken, in bytes. Meta's have about 200 today.
const TOKEN_BYTES_MAX: usize = 4096;
/// Pages of a list that are read. Nobody has more than 20 numbers without a word with Meta.
const PAGES_MAX: usize = 10;

/// What Meta says about a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenFacts {
    /// The app that it was given to.
    pub app_id: Option<String>,
    /// Whether it can be used.
    pub is_valid: bool,
    /// Why not, in Meta's words, if Meta said so.
    pub why_invalid: Option<String>,
    /// Seconds since 1970; none, or 0 at Meta: never.
    pub expires_at: Option<i64>,
    /// What it allows.
    pub scopes: Vec<String>,
    /// The accounts that it allows to manage, newest first.
    pub wabas: Vec<WabaId>,
}

impl Graph {
    /// The business token for a code that the browser was given. A code works once, and for 30 seconds.
    pub async fn exchange_code(&self, code: &str) -> Result<Token, Error> {
        let settings = &self.0.settings;
        let secret = settings.app_secret.expose();
        let query = [("client_id", settings.app_id.as_str()), ("client_secret", secret), ("code", code)];
        let answer = self
            .call(Call {
                name: "exchange_code",
                method: Method::GET,
                path: "/oauth/access_token",
                query: &query,
                auth: Auth::None,
                body: Body::None,
                secrets: &[secret, code],
                limit: CALL_LIMIT,
                bytes_max: ANSWER_BYTES_MAX,
            })
            .await?;
        // Meta's page prints a bare token, practice is JSON.
        let token = text(&answer, "access_token").or_else(|| answer.as_str().map(|bare| bare.trim().to_owned()));
        let usable = |token: &String| (1..=TOKEN_BYTES_MAX).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
        token.filter(usable).map(Token::new).ok_or(Error::Unreadable { status: 200, what: "it holds no token" })
    }

    /// What a token is for, asked in the app's name.
    pub async fn debug_token(&self, token: &Token) -> Result<TokenFacts, Error> {
        let app = self.app_token();
        let query = [("input_token", token.expose())];
        let secrets = [token.expose(), self.0.settings.app_secret.expose()];
        let call = Call { query: &query, secrets: &secrets, ..Call::new("debug_token", Method::GET, "/debug_token", &app) };
        let answer = self.call(call).await?;
        let data = answer.get("data").filter(|data| data.is_object()).ok_or(Error::Unreadable { status: 200, what: "it holds no data" })?;
        let granted = list(data, "granular_scopes").iter().filter(|scope| text(scope, "scope").as_deref() == Some(MANAGEMENT));
        Ok(TokenFacts {
            app_id: text(data, "app_id"),
            is_valid: boolean(data, "is_valid").unwrap_or(false),
            why_invalid: MetaRefusal::read(200, data, &secrets, None).map(|refusal| Error::Refused(Box::new(refusal)).for_people()),
            expires_at: integer(data, "expires_at").filter(|at| *at != 0),
            scopes: strings(list(data, "scopes")),
            wabas: granted.flat_map(|scope| strings(list(scope, "target_ids"))).filter_map(|id| WabaId::parse(&id)).collect(),
        })
    }

    /// The numbers of an account.
    pub async fn phone_numbers(&self, token: &Token, waba: &WabaId) -> Result<Vec<NumberFields>, Error> {
        let path = format!("/{waba}/phone_numbers");
        let mut numbers = Vec::new();
        let mut after = String::new();
        for _ in 0..PAGES_MAX {
            let mut query = vec![("fields", NumberFields::ASKED), ("limit", "100")];
            if !after.is_empty() {
                query.push(("after", &after));
            }
            let answer = self.call(Call { query: &query, ..Call::new("phone_numbers", Method::GET, &path, token) }).await?;
            numbers.extend(list(&answer, "data").iter().filter_map(NumberFields::read));
            let next = answer.pointer("/paging/next").and_then(Value::as_str);
            match answer.pointer("/paging/cursors/after").and_then(Value::as_str).filter(|_| next.is_some()) {
                Some(cursor) => after = cursor.to_owned(),
                None => break,
            }
        }
        Ok(numbers)
    }

    /// From now on the account's webhooks come to the app. Asked again it changes nothing.
    pub async fn subscribe(&self, token: &Token, waba: &WabaId) -> Result<(), Error> {
        self.succeed(Call::new("subscribe", Method::POST, &format!("/{waba}/subscribed_apps"), token)).await
    }

    /// From now on they do not. Asked again it changes nothing.
    pub async fn unsubscribe(&self, token: &Token, waba: &WabaId) -> Result<(), Error> {
        self.succeed(Call::new("unsubscribe", Method::DELETE, &format!("/{waba}/subscribed_apps"), token)).await
    }
}
