package dev.warmpath.e2e.load;

import dev.warmpath.e2e.load.LoadResult.Outcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One kept connection, with at most one request on it. Confined to the event loop of its run, which
 * it tells of the end of each request and of its own.
 */
final class LoadConnection extends ChannelInboundHandlerAdapter {
  /** Enough for the last event of a stream. */
  private static final int TAIL_BYTES = 64;

  private final LoadRun run;
  private final LoadSettings settings;
  private final byte[] tail = new byte[TAIL_BYTES];
  private final @Nullable MessageDigest digest;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Pending pending;
  private @Nullable ScheduledFuture<?> timeout;
  private boolean over;

  // Of the response in progress.
  private int status;
  private boolean keepAlive;
  private String servedBy = "";
  private long sentNanos;
  private long firstByteNanos;
  private long bytes;
  private int tailLength;

  /** A request that has been due. */
  record Pending(int index, String requestId, long dueNanos, LoadRequest request) {}

  LoadConnection(LoadRun run, LoadSettings settings, Pending first) {
    this.run = run;
    this.settings = settings;
    pending = first;
    digest = settings.digests() ? sha256() : null;
  }

  /** The attempt to connect has ended. */
  void connected(boolean success) {
    Pending first = pending;
    if (success && first != null) {
      send(first);
    } else {
      fail(Outcome.NOT_CONNECTED);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  /** Sends a request over this connection, which must be idle. */
  void send(Pending next) {
    ChannelHandlerContext out = context;
    if (out == null) {
      throw new IllegalStateException("sending before the connection is there");
    }
    pending = next;
    status = 0;
    servedBy = "";
    sentNanos = System.nanoTime();
    firstByteNanos = 0;
    bytes = 0;
    tailLength = 0;
    LoadRequest request = next.request();
    var message =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            HttpMethod.POST,
            request.path(),
            Unpooled.wrappedBuffer(request.body()));
    message.headers().set(HttpHeaderNames.HOST, "warmpath.test");
    message.headers().set(HttpHeaderNames.CONTENT_LENGTH, request.body().length);
    message.headers().set("x-request-id", next.requestId());
    request.headers().forEach(message.headers()::set);
    timeout =
        out.executor()
            .schedule(
                () -> fail(Outcome.TIMED_OUT), settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
    var _ = out.writeAndFlush(message);
  }

  void close() {
    if (context != null) {
      var _ = context.close();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext in, Object message) {
    try {
      if (message instanceof HttpResponse response) {
        if (!response.decoderResult().isSuccess()) {
          fail(Outcome.CUT);
          return;
        }
        status = response.status().code();
        keepAlive = HttpUtil.isKeepAlive(response);
        String by = response.headers().get("x-sim-engine");
        servedBy = by == null ? "" : by;
      }
      if (message instanceof HttpContent content) {
        if (!content.decoderResult().isSuccess()) {
          fail(Outcome.CUT);
          return;
        }
        body(content.content());
        if (message instanceof LastHttpContent) {
          complete();
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void body(ByteBuf content) {
    int length = content.readableBytes();
    if (length == 0) {
      return;
    }
    if (firstByteNanos == 0) {
      firstByteNanos = System.nanoTime();
    }
    bytes += length;
    if (digest != null) {
      digest.update(content.nioBuffer());
    }
    if (length >= TAIL_BYTES) {
      content.getBytes(content.writerIndex() - TAIL_BYTES, tail);
      tailLength = TAIL_BYTES;
    } else {
      int kept = Math.min(tailLength, TAIL_BYTES - length);
      System.arraycopy(tail, tailLength - kept, tail, 0, kept);
      content.getBytes(content.readerIndex(), tail, kept, length);
      tailLength = kept + length;
    }
  }

  private void complete() {
    Pending done = pending;
    if (done == null) {
      close();
      return;
    }
    Outcome outcome =
        status >= 400
            ? Outcome.REFUSED
            : new String(tail, 0, tailLength, StandardCharsets.UTF_8)
                    .endsWith(done.request().ending())
                ? Outcome.OK
                : Outcome.INCOMPLETE;
    finish(outcome);
    if (keepAlive && !over) {
      run.idle(this);
    } else {
      gone();
      close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext in) {
    fail(status == 0 ? Outcome.RESET : Outcome.CUT);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext in, Throwable cause) {
    fail(status == 0 ? Outcome.RESET : Outcome.CUT);
  }

  /** The connection is over; what was on it has failed. */
  private void fail(Outcome outcome) {
    if (over) {
      return;
    }
    boolean busy = pending != null;
    gone();
    if (busy) {
      finish(outcome);
    }
    close();
  }

  private void gone() {
    if (!over) {
      over = true;
      run.gone(this);
    }
  }

  private void finish(Outcome outcome) {
    Pending done = pending;
    if (done == null) {
      throw new IllegalStateException("nothing to finish");
    }
    pending = null;
    if (timeout != null) {
      timeout.cancel(false);
      timeout = null;
    }
    run.ended(
        new LoadResult(
            done.index(),
            done.requestId(),
            done.request().group(),
            status,
            outcome,
            firstByteNanos == 0 ? -1 : firstByteNanos - done.dueNanos(),
            System.nanoTime() - done.dueNanos(),
            sentNanos == 0 ? 0 : sentNanos - done.dueNanos(),
            bytes,
            digest == null ? "" : HexFormat.of().formatHex(digest.digest()),
            servedBy));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
