//! As much of HTTP/1.1 as it takes to ask a hub on this machine over one kept connection. Ours, because every
//! `cargo hub` call waits until this program is built: a real client would take longer to build than all the rest.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// An answer takes no longer, however busy the hub is.
const PATIENCE: Duration = Duration::from_mins(1);
/// No answer that the bench asks for is larger.
const LARGEST: u64 = 16 * 1024 * 1024;

/// One connection, used for one request after the other.
pub struct Client {
    host: SocketAddr,
    connection: BufReader<TcpStream>,
    /// Sent with every request.
    headers: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Client {
    pub fn connect(host: SocketAddr) -> Result<Self> {
        let connection = TcpStream::connect_timeout(&host, PATIENCE)
            .with_context(|| format!("{host} does not answer"))?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            host,
            connection: BufReader::new(connection),
            headers: Vec::new(),
        })
    }

    /// Sends this header with every request from now on.
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn get(&mut self, path: &str) -> Result<Answer> {
        self.send("GET", path, &[], &[])
    }

    pub fn post(&mut self, path: &str, kind: &str, body: &[u8]) -> Result<Answer> {
        let length = body.len().to_string();
        self.send(
            "POST",
            path,
            &[("content-type", kind), ("content-length", &length)],
            body,
        )
    }

    /// With headers of this request alone, the kind of its body among them.
    pub fn post_with(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer> {
        let length = body.len().to_string();
        let mut all = headers.to_vec();
        all.push(("content-length", &length));
        self.send("POST", path, &all, body)
    }

    pub fn put(&mut self, path: &str, kind: &str, body: &[u8]) -> Result<Answer> {
        let length = body.len().to_string();
        self.send(
            "PUT",
            path,
            &[("content-type", kind), ("content-length", &length)],
            body,
        )
    }

    fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer> {
        let always = self.headers.iter().map(|(name, value)| (*name, &**value));
        let mut request = Vec::new();
        write!(
            request,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n",
            self.host
        )?;
        for (name, value) in always.chain(headers.iter().copied()) {
            write!(request, "{name}: {value}\r\n")?;
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
        // At once: in pieces, the hub's answer would wait for ours to be acknowledged.
        self.connection.get_mut().write_all(&request)?;
        Answer::read(&mut self.connection).with_context(|| format!("{method} {path}"))
    }
}

impl Answer {
    fn read(from: &mut impl BufRead) -> Result<Self> {
        let status = line(from)?;
        let status = status
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .with_context(|| format!("`{status}` is no answer"))?;
        let mut headers = Vec::new();
        loop {
            let line = line(from)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line
                .split_once(':')
                .with_context(|| format!("`{line}` is no header"))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Self {
            status,
            headers,
            body: Vec::new(),
        };
        answer.read_body(from)?;
        Ok(answer)
    }

    fn read_body(&mut self, from: &mut impl BufRead) -> Result<()> {
        if self.header("transfer-encoding") == Some("chunked") {
            while self.read_chunk(from)? > 0 {}
            return Ok(());
        }
        let length = self
            .header("content-length")
            .map_or(Ok(0), str::parse)
            .context("the length is no number")?;
        self.take(from, length)
    }

    fn read_chunk(&mut self, from: &mut impl BufRead) -> Result<u64> {
        let size = line(from)?;
        let size = u64::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)
            .with_context(|| format!("`{size}` is no size of a chunk"))?;
        self.take(from, size)?;
        // After the chunk, or, after the last one, instead of trailers, which nobody here sends.
        let end = line(from)?;
        if !end.is_empty() {
            bail!("`{end}` stands where a chunk ends");
        }
        Ok(size)
    }

    fn take(&mut self, from: &mut impl BufRead, length: u64) -> Result<()> {
        let all = u64::try_from(self.body.len())?.saturating_add(length);
        if all > LARGEST {
            bail!("the answer is too long");
        }
        from.take(length).read_to_end(&mut self.body)?;
        if u64::try_from(self.body.len())? < all {
            bail!("the answer broke off");
        }
        Ok(())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(known, value)| (known == name).then_some(&**value))
    }

    /// `name=value` of the cookie with this name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .filter(|(header, _)| header == "set-cookie")
            .filter_map(|(_, line)| line.split(';').next())
            .find(|pair| pair.split('=').next() == Some(name))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The next line, without its end.
fn line(from: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    if from.take(LARGEST).read_line(&mut line)? == 0 {
        bail!("the connection was closed");
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_come_whole_in_chunks_or_not_at_all() {
        let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;x=1\r\n, world\r\n0\r\n\r\n\
            HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok\
            HTTP/1.1 303 See Other\r\nset-cookie: theme=dark\r\nset-cookie: hub=abc=; HttpOnly; Path=/\r\n\r\n";
        let mut stream = &bytes[..];
        let mut next = || Answer::read(&mut stream).expect("it is an answer");
        assert_eq!(next().text(), "hello, world");
        let created = next();
        assert_eq!((created.status, created.text().as_str()), (201, "ok"));
        let moved = next();
        assert_eq!(moved.status, 303);
        assert_eq!(moved.cookie("hub"), Some("hub=abc="));
        assert_eq!(moved.cookie("other"), None);
        assert!(stream.is_empty());
    }

    #[test]
    fn an_answer_that_breaks_off_is_an_error() {
        for bytes in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell"[..],
            b"HTTP/1.1 200 OK\r\ncontent-le",
            b"",
        ] {
            let mut stream = bytes;
            Answer::read(&mut stream).expect_err("its end is missing");
        }
    }
}
