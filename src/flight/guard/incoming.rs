//! Accepts connections: a seat first, then TLS within a time, and only then HTTP.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use futures::FutureExt;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::metrics::Closed;
use super::metrics::Metrics;
use super::seats::Close;
use super::seats::Seat;
use super::seats::Seats;
use super::tls::Tls;
use super::tls::common_name;

/// How long accepting pauses when the system has no room for another connection.
const PAUSE: Duration = Duration::from_millis(50);

/// Who is at the other end of a connection, as far as the connection itself tells.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    /// The name in the certificate that it showed and that was found good.
    pub(super) certificate: Option<Arc<str>>,
    pub(super) seat: Arc<Seat>,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    peer: Peer,
    close: Option<Close>,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What accepting needs.
#[derive(Clone, Debug)]
pub(super) struct Entrance {
    pub(super) seats: Arc<Seats>,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) metrics: Arc<Metrics>,
    /// How long a TLS handshake may take.
    pub(super) handshake: Duration,
}

/// The connections that have a seat and, where it is wanted, TLS. The listener closes when the stream is dropped.
pub(super) fn incoming(listener: TcpListener, entrance: Entrance) -> ReceiverStream<io::Result<Wire>> {
    let (sender, receiver) = mpsc::channel(64);
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = sender.closed() => return,
            };
            match accepted {
                Ok((stream, address)) => admit(&entrance, stream, address, &sender),
                // Out of files, mostly: those there are go on, and some will end.
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    });
    ReceiverStream::new(receiver)
}

fn admit(
    entrance: &Entrance,
    stream: TcpStream,
    address: SocketAddr,
    sender: &mpsc::Sender<io::Result<Wire>>,
) {
    // No seat: the connection is closed without a word, as there is nobody to speak HTTP yet.
    let Some((seat, mut close)) = entrance.seats.take(address.ip()) else { return };
    // It only makes small answers faster.
    let _ = stream.set_nodelay(true);
    let entrance = entrance.clone();
    let sender = sender.clone();
    tokio::spawn(async move {
        let mut peer = Peer { address, certificate: None, seat: Arc::new(seat) };
        let stream = match &entrance.tls {
            None => Stream::Plain(stream),
            Some(tls) => {
                let shaken = tokio::select! {
                    shaken = tokio::time::timeout(entrance.handshake, tls.acceptor().accept(stream)) => shaken,
                    _ = &mut close => return,
                };
                let Ok(Ok(stream)) = shaken else {
                    entrance.metrics.closed(Closed::Tls);
                    return;
                };
                let certificates = stream.get_ref().1.peer_certificates();
                let first = certificates.and_then(<[_]>::first);
                peer.certificate = first.map(|certificate| {
                    common_name(certificate).unwrap_or_else(|| "certificate without a name".to_owned()).into()
                });
                Stream::Tls(Box::new(stream))
            }
        };
        // If nobody takes it the server stops.
        let _ = sender.send(Ok(Wire { stream, peer, close: Some(close) })).await;
    });
}

impl Connected for Wire {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl Wire {
    /// Ready when the connection was told to close.
    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let Some(close) = &mut self.close else { return Poll::Pending };
        match ready!(close.poll_unpin(context)) {
            Ok(()) => Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "closed for having said nothing")),
            // It may stay.
            Err(_) => {
                self.close = None;
                Poll::Pending
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(error) = self.poll_close(context) {
            return Poll::Ready(Err(error));
        }
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
