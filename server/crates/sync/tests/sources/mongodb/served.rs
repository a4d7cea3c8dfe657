//! One connection to the stand-in: it speaks the protocol as published (`OP_MSG`, SCRAM, TLS) and knows the commands that
//! reading needs. What it does not know it refuses by the numbers a real server uses.

use std::sync::{Arc, Mutex};

use bson::{Bson, Document, doc};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::login::Conversation;
use super::query;
use super::stand_in::{Rest, Setup, Store};

trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Both for S {}

/// One connection.
pub struct Server {
    setup: Setup,
    store: Arc<Mutex<Store>>,
    login: Option<Conversation>,
    is_known: bool,
}

/// A refusal: its number and words.
pub type Refused = (i32, String);

fn refused<T>(code: i32, words: &str) -> Result<T, Refused> {
    Err((code, words.to_owned()))
}

impl Server {
    pub fn new(setup: Setup, store: Arc<Mutex<Store>>) -> Self {
        Self {
            setup,
            store,
            login: None,
            is_known: false,
        }
    }

    pub async fn greet(
        mut self,
        stream: TcpStream,
        acceptor: Option<TlsAcceptor>,
    ) -> std::io::Result<()> {
        let mut stream: Box<dyn Both> = match acceptor {
            Some(acceptor) => Box::new(acceptor.accept(stream).await?),
            None => Box::new(stream),
        };
        loop {
            let mut header = [0; 16];
            stream.read_exact(&mut header).await?;
            let word = |at: usize| i32::from_le_bytes(header[at..at + 4].try_into().unwrap());
            let mut message = vec![0; usize::try_from(word(0)).unwrap() - 16];
            stream.read_exact(&mut message).await?;
            // Some drivers greet in the words of old (OP_QUERY), which are answered in kind (OP_REPLY).
            let (answer, kind) = if word(12) == 2004 {
                let name_end = message[4..].iter().position(|byte| *byte == 0).unwrap() + 5;
                let command = Document::from_reader(&message[name_end + 8..]).unwrap();
                (self.answer(&command), 1)
            } else {
                assert_eq!((word(12), message[4]), (2013, 0), "OP_MSG with a body");
                (
                    self.answer(&Document::from_reader(&message[5..]).unwrap()),
                    2013,
                )
            };
            let mut body = Vec::new();
            answer.to_writer(&mut body).unwrap();
            let head = if kind == 1 {
                [&8_i32.to_le_bytes()[..], &[0; 12], &1_i32.to_le_bytes()].concat()
            } else {
                vec![0; 5]
            };
            let length = i32::try_from(16 + head.len() + body.len()).unwrap();
            let mut reply: Vec<u8> = [length, 7, word(4), kind]
                .into_iter()
                .flat_map(i32::to_le_bytes)
                .collect();
            reply.extend_from_slice(&head);
            reply.extend_from_slice(&body);
            stream.write_all(&reply).await?;
            stream.flush().await?;
        }
    }

    fn answer(&mut self, command: &Document) -> Document {
        self.store.lock().unwrap().commands.push(command.clone());
        let answer = self.command(command).map(|mut answer| {
            answer.insert("ok", 1.0);
            answer
        });
        answer.unwrap_or_else(
            |(code, words)| doc! {"ok": 0.0, "errmsg": words, "code": code, "codeName": "Named"},
        )
    }

    fn command(&mut self, command: &Document) -> Result<Document, Refused> {
        let name = command.keys().next().cloned().unwrap_or_default();
        let open = [
            "hello",
            "ismaster",
            "isMaster",
            "saslStart",
            "saslContinue",
            "buildInfo",
            "ping",
            "endSessions",
        ];
        if self.setup.user.is_some() && !self.is_known && !open.contains(&name.as_str()) {
            return refused(13, "Command requires authentication");
        }
        match name.as_str() {
            "hello" | "ismaster" | "isMaster" => Ok(self.hello(command)),
            "saslStart" | "saslContinue" => self.log_in(command),
            "buildInfo" => Ok(doc! {"version": "7.0.14", "versionArray": [7, 0, 14, 0]}),
            "ping" | "endSessions" => Ok(doc! {}),
            "listCollections" => Ok(self.list(command)),
            "find" => self.find(command),
            "aggregate" => self.aggregate(command),
            "count" => Ok(self.count(command)),
            "insert" => Ok(self.insert(command)),
            "getMore" => self.more(command),
            "killCursors" => {
                let ids = command.get_array("cursors").unwrap();
                let mut store = self.store.lock().unwrap();
                for id in ids {
                    store.cursors.remove(&id.as_i64().unwrap());
                }
                Ok(doc! {"cursorsKilled": ids.clone()})
            }
            name => refused(59, &format!("no such command: '{name}'")),
        }
    }

    fn hello(&self, command: &Document) -> Document {
        let mut hello = doc! {
            "maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000,
            "localTime": bson::DateTime::now(), "connectionId": 1, "minWireVersion": 0, "maxWireVersion": 21,
            "logicalSessionTimeoutMinutes": 30, "readOnly": false,
        };
        hello.extend(self.setup.part.clone());
        if let (Some(user), Ok(asked)) = (&self.setup.user, command.get_str("saslSupportedMechs"))
            && asked == format!("admin.{}", user.name)
        {
            hello.insert("saslSupportedMechs", user.mechanisms.to_vec());
        }
        hello
    }

    fn log_in(&mut self, command: &Document) -> Result<Document, Refused> {
        let user = self
            .setup
            .user
            .clone()
            .ok_or((18, "Authentication failed.".to_owned()))?;
        let payload = command.get_binary_generic("payload").unwrap();
        let payload = std::str::from_utf8(payload).unwrap();
        let said = if let Ok(mechanism) = command.get_str("mechanism") {
            let (conversation, said) = Conversation::begin(&user, mechanism, command, payload)?;
            self.login = Some(conversation);
            said
        } else {
            let conversation = self
                .login
                .as_mut()
                .ok_or((17, "No SASL session state found".to_owned()))?;
            conversation.go_on(payload)?
        };
        let is_done = self.login.as_ref().is_some_and(Conversation::is_done);
        self.is_known |= is_done;
        let payload = bson::Binary {
            subtype: bson::spec::BinarySubtype::Generic,
            bytes: said.into_bytes(),
        };
        Ok(doc! {"conversationId": 1, "done": is_done, "payload": payload})
    }

    fn list(&self, command: &Document) -> Document {
        let names: Vec<Document> = {
            let store = self.store.lock().unwrap();
            let database = store.databases.get(command.get_str("$db").unwrap());
            let all = database.into_iter().flatten();
            all.map(|(name, collection)| {
                let kind = if collection.kind.is_empty() {
                    "collection"
                } else {
                    collection.kind
                };
                doc! {"name": name, "type": kind}
            })
            .collect()
        };
        self.first("$cmd.listCollections", names, command)
    }

    fn find(&self, command: &Document) -> Result<Document, Refused> {
        const KNOWN: [&str; 12] = [
            "find",
            "filter",
            "sort",
            "projection",
            "limit",
            "batchSize",
            "allowDiskUse",
            "maxTimeMS",
            "$db",
            "$readPreference",
            "readConcern",
            "lsid",
        ];
        if let Some(unknown) = command.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return refused(
                40_415,
                &format!("BSON field 'FindCommandRequest.{unknown}' is an unknown field."),
            );
        }
        let name = command.get_str("find").unwrap();
        let found = query::find(self.documents(command, name), command)?;
        Ok(self.first(name, found, command))
    }

    fn aggregate(&self, command: &Document) -> Result<Document, Refused> {
        let name = command.get_str("aggregate").unwrap();
        let mut documents = self.documents(command, name);
        for stage in command.get_array("pipeline").unwrap() {
            let stage = stage.as_document().unwrap();
            documents = query::stage(documents, stage)?;
        }
        Ok(self.first(name, documents, command))
    }

    fn count(&self, command: &Document) -> Document {
        let documents = self.documents(command, command.get_str("count").unwrap());
        doc! {"n": i32::try_from(documents.len()).unwrap()}
    }

    /// For drivers that fill it.
    fn insert(&self, command: &Document) -> Document {
        let documents = command.get_array("documents").cloned().unwrap_or_default();
        let count = i32::try_from(documents.len()).unwrap();
        let documents = documents
            .into_iter()
            .map(|document| document.as_document().unwrap().clone());
        let mut store = self.store.lock().unwrap();
        let database = store
            .databases
            .entry(command.get_str("$db").unwrap().to_owned())
            .or_default();
        let collection = database
            .entry(command.get_str("insert").unwrap().to_owned())
            .or_default();
        collection.documents.extend(documents);
        doc! {"n": count}
    }

    fn documents(&self, command: &Document, name: &str) -> Vec<Document> {
        let store = self.store.lock().unwrap();
        let database = store.databases.get(command.get_str("$db").unwrap());
        let collection = database.and_then(|database| database.get(name));
        collection
            .map(|collection| collection.documents.clone())
            .unwrap_or_default()
    }

    /// The first batch of an answer; the rest is kept.
    fn first(
        &self,
        collection: &str,
        mut documents: Vec<Document>,
        command: &Document,
    ) -> Document {
        let database = command.get_str("$db").unwrap();
        let asked = command
            .get_i32("batchSize")
            .ok()
            .and_then(|size| usize::try_from(size).ok());
        let size = asked
            .unwrap_or(101)
            .min(self.setup.batch)
            .min(documents.len());
        let rest = documents.split_off(size);
        let mut store = self.store.lock().unwrap();
        let id = if rest.is_empty() {
            0
        } else {
            store.last_cursor += 1;
            let id = store.last_cursor;
            store.cursors.insert(
                id,
                Rest {
                    collection: collection.to_owned(),
                    documents: rest,
                    batches: 1,
                },
            );
            id
        };
        doc! {"cursor": {"id": id, "ns": format!("{database}.{collection}"), "firstBatch": documents}}
    }

    fn more(&self, command: &Document) -> Result<Document, Refused> {
        let id = command.get_i64("getMore").unwrap();
        let name = command.get_str("collection").unwrap();
        let mut store = self.store.lock().unwrap();
        let forgotten = || (43, format!("cursor id {id} not found"));
        let rest = store.cursors.get_mut(&id).ok_or_else(forgotten)?;
        assert_eq!(rest.collection, name);
        if self
            .setup
            .forgets_after
            .is_some_and(|most| rest.batches >= most)
        {
            store.cursors.remove(&id);
            return Err(forgotten());
        }
        rest.batches += 1;
        let asked = command
            .get_i32("batchSize")
            .ok()
            .and_then(|size| usize::try_from(size).ok());
        let size = asked
            .unwrap_or(usize::MAX)
            .min(self.setup.batch)
            .min(rest.documents.len());
        let later = rest.documents.split_off(size);
        let batch: Vec<Bson> = std::mem::replace(&mut rest.documents, later)
            .into_iter()
            .map(Bson::from)
            .collect();
        let left = if rest.documents.is_empty() { 0 } else { id };
        if left == 0 {
            store.cursors.remove(&id);
        }
        let database = command.get_str("$db").unwrap();
        Ok(doc! {"cursor": {"id": left, "ns": format!("{database}.{name}"), "nextBatch": batch}})
    }
}
