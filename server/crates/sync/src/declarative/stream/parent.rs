//! A parent stream being read by its child, record after record and no further than needed.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Position, SharedStream, Stream};
use crate::declarative::cursor::Watch;
use crate::declarative::env::SharedEnv;
use crate::declarative::partition::{Parent, ParentRecord, ParentStream};
use crate::declarative::record::Wanted;
use crate::fault::Fault;

/// A record, and the parent's state once everything made of it is done.
struct Handed {
    record: ParentRecord,
    state: Option<Value>,
}

/// A parent that is open. A task of its own reads it, one record ahead of the child.
pub struct OpenParent {
    stream: SharedStream,
    env: SharedEnv,
    state: Value,
    receiver: Option<mpsc::Receiver<Result<Handed, Fault>>>,
    /// Ends with this.
    task: JoinSet<()>,
}

impl std::fmt::Debug for OpenParent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OpenParent")
            .field(&self.stream.name)
            .finish()
    }
}

impl OpenParent {
    pub fn new(parent: ParentStream<'_>, env: &SharedEnv) -> Result<Self, Fault> {
        let position = Position {
            state: parent.state,
            children: parent.children,
        };
        let stream = Stream::at(&parent.node, position, env)?;
        Ok(Self {
            state: stream.cursor.state(),
            stream: Arc::new(stream),
            env: Arc::clone(env),
            receiver: None,
            task: JoinSet::new(),
        })
    }

    fn start(&mut self) -> &mut mpsc::Receiver<Result<Handed, Fault>> {
        let (stream, env, task) = (&self.stream, &self.env, &mut self.task);
        self.receiver.get_or_insert_with(|| {
            let (sender, receiver) = mpsc::channel(1);
            let reader = Reader {
                stream: Arc::clone(stream),
                env: Arc::clone(env),
                sender,
                held: None,
            };
            task.spawn(reader.run());
            receiver
        })
    }
}

impl Parent for OpenParent {
    fn name(&self) -> &str {
        &self.stream.name
    }

    async fn next(&mut self) -> Result<Option<ParentRecord>, Fault> {
        let Some(handed) = self.start().recv().await else {
            return Ok(None);
        };
        let handed = handed?;
        if let Some(state) = handed.state {
            self.state = state;
        }
        Ok(Some(handed.record))
    }

    fn state(&self) -> Value {
        self.state.clone()
    }
}

/// Reads the parent. The last record of a slice is held back until the slice is closed.
struct Reader {
    stream: SharedStream,
    env: SharedEnv,
    sender: mpsc::Sender<Result<Handed, Fault>>,
    held: Option<ParentRecord>,
}

impl Reader {
    async fn run(mut self) {
        if let Err(fault) = self.read().await {
            // A child that went away needs no reason.
            let _ = self.sender.send(Err(fault)).await;
        }
    }

    async fn read(&mut self) -> Result<(), Fault> {
        let stream = Arc::clone(&self.stream);
        let mut slicer = stream.slicer.lock().await;
        let mut next = Box::pin(slicer.next()).await?;
        while let Some(slice) = next {
            let watch = self.slice(&stream, &slice).await?;
            stream.cursor.close(&slice, &watch)?;
            next = Box::pin(slicer.next()).await?;
            let state = match next {
                Some(_) => stream.cursor.state(),
                None => stream.cursor.finish(slicer.router_state()),
            };
            if let Some(record) = self.held.take() {
                self.hand(record, Some(state)).await?;
            }
        }
        Ok(())
    }

    /// Hands all records of a slice on but the last.
    async fn slice(
        &mut self,
        stream: &Stream,
        slice: &crate::declarative::slice::Slice,
    ) -> Result<Watch, Fault> {
        let env = Arc::clone(&self.env);
        let schema = stream.schema(&env).await?;
        let mut watch = stream.cursor.watch();
        let field = stream.cursor.field();
        let sieve = stream.sieve(slice)?;
        let wanted = sieve.as_ref().map(|sieve| -> Wanted<'_> { sieve });
        let mut reading = stream
            .retriever
            .pages_of(slice, Some(&stream.cursor), schema, &env);
        loop {
            let mut page = Vec::new();
            let more = reading
                .next(wanted, &mut |record| {
                    let record = record.to_map()?;
                    if let Some(field) = field {
                        watch.observe(record.get(field));
                    }
                    page.push(record);
                    Ok(())
                })
                .await?;
            for record in page {
                self.pass(record, &slice.partition).await?;
            }
            if !more {
                return Ok(watch);
            }
        }
    }

    async fn pass(
        &mut self,
        record: Map<String, Value>,
        partition: &Map<String, Value>,
    ) -> Result<(), Fault> {
        let record = ParentRecord {
            record: Value::Object(record),
            partition: partition.clone(),
        };
        match self.held.replace(record) {
            Some(before) => self.hand(before, None).await,
            None => Ok(()),
        }
    }

    async fn hand(&self, record: ParentRecord, state: Option<Value>) -> Result<(), Fault> {
        self.sender
            .send(Ok(Handed { record, state }))
            .await
            .map_err(|_| Fault::cancelled())
    }
}
