package dev.warmpath.e2e.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.wire.Names;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request with its response, whole or streamed. Confined to the event loop of its server. A
 * response to a client that has gone is dropped without a word.
 */
public final class HttpCall {
  /** What a server shares with its calls. */
  static final ObjectMapper JSON = new ObjectMapper();

  private final Channel channel;
  private final String method;
  private final QueryStringDecoder uri;
  private final HttpHeaders headers;
  private final byte[] body;
  private final boolean keepAlive;
  private final Map<String, String> responseHeaders = new HashMap<>();
  private @Nullable Runnable onClosed;
  private boolean begun;
  private boolean ended;

  HttpCall(Channel channel, FullHttpRequest request) {
    this.channel = channel;
    method = request.method().name();
    uri = new QueryStringDecoder(request.uri());
    headers = request.headers();
    keepAlive = HttpUtil.isKeepAlive(request);
    ByteBuf content = request.content();
    body = new byte[content.readableBytes()];
    content.getBytes(content.readerIndex(), body);
  }

  public String method() {
    return method;
  }

  /** Without the query. */
  public String path() {
    return uri.path();
  }

  /** Path and query, as they were sent. */
  public String target() {
    return uri.uri();
  }

  /** All headers by their names in lower case; of several of one name, their values in a list. */
  public Map<String, String> headers() {
    var all = new HashMap<String, String>();
    for (Map.Entry<String, String> header : headers) {
      all.merge(header.getKey().toLowerCase(Locale.ROOT), header.getValue(), (a, b) -> a + "," + b);
    }
    return all;
  }

  /** Whether this is {@code method} on exactly {@code path}. */
  public boolean is(String method, String path) {
    return this.method.equals(method) && path().equals(path);
  }

  /** The first value of each parameter. */
  public Map<String, String> query() {
    var query = new HashMap<String, String>();
    for (Map.Entry<String, List<String>> parameter : uri.parameters().entrySet()) {
      query.put(parameter.getKey(), parameter.getValue().getFirst());
    }
    return query;
  }

  /** The value of a header, or the empty string. */
  public String header(String name) {
    String value = headers.get(name);
    return value == null ? "" : value;
  }

  /**
   * A header that only Warmpath and its Envoy may set and that must have been removed on the way
   * here, or the empty string.
   */
  public String reservedHeader() {
    for (Map.Entry<String, String> header : headers) {
      String name = header.getKey();
      if (name.regionMatches(true, 0, Names.HEADER_PREFIX, 0, Names.HEADER_PREFIX.length())
          || name.equalsIgnoreCase(Names.DESTINATION)) {
        return name;
      }
    }
    return "";
  }

  /** The body; not a copy. */
  public byte[] body() {
    return body;
  }

  /** Adds a header to the response that has not begun yet. */
  public HttpCall with(String name, String value) {
    responseHeaders.put(name, value);
    return this;
  }

  /** Runs once if the client goes before the response has ended. */
  public void onClosed(Runnable action) {
    onClosed = action;
  }

  /** A whole response. */
  public void respond(int status, String contentType, byte[] content) {
    begun = true;
    ended = true;
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(status),
            Unpooled.wrappedBuffer(content));
    fill(response, contentType);
    HttpUtil.setContentLength(response, content.length);
    var sent = channel.writeAndFlush(response);
    if (!keepAlive) {
      var _ = sent.addListener(ChannelFutureListener.CLOSE);
    }
  }

  /** A whole response of JSON. */
  public void respondJson(int status, JsonNode content) {
    try {
      respond(status, "application/json", JSON.writeValueAsBytes(content));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can't be written", e);
    }
  }

  /** The headers of a streamed response, sent at once. */
  public void begin(int status, String contentType) {
    begun = true;
    var response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
    fill(response, contentType);
    HttpUtil.setTransferEncodingChunked(response, true);
    var _ = channel.writeAndFlush(response);
  }

  /** A chunk of a streamed response, sent at once. */
  public void write(ByteBuf chunk) {
    if (ended) {
      chunk.release();
      return;
    }
    var _ = channel.writeAndFlush(new DefaultHttpContent(chunk));
  }

  /** The end of a streamed response. */
  public void end() {
    if (ended) {
      return;
    }
    ended = true;
    var sent = channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
    if (!keepAlive) {
      var _ = sent.addListener(ChannelFutureListener.CLOSE);
    }
  }

  /** Resets the connection, whatever has been sent. */
  public void reset() {
    ended = true;
    reset(channel);
  }

  static void reset(Channel channel) {
    if (channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      var _ = channel.close();
    }
  }

  public boolean hasBegun() {
    return begun;
  }

  public boolean hasEnded() {
    return ended;
  }

  /** The connection has closed. */
  void closed() {
    if (!ended) {
      ended = true;
      if (onClosed != null) {
        onClosed.run();
      }
    }
  }

  private void fill(HttpResponse response, String contentType) {
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
    responseHeaders.forEach((name, value) -> response.headers().set(name, value));
    if (!keepAlive) {
      HttpUtil.setKeepAlive(response, false);
    }
  }
}
