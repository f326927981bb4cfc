package dev.warmpath.e2e;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One HTTP/1.1 exchange whose bytes the test sends itself, for what a proper client does not do:
 * stop in the middle of a body, go away, send a body without its length. Not thread-safe.
 */
final class RawExchange implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 20_000;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  /**
   * A response.
   *
   * @param headers by lower-case name
   */
  record Response(int status, Map<String, String> headers, String body) {}

  /**
   * Connects.
   *
   * @param address {@code ip:port}
   */
  RawExchange(String address) throws IOException {
    int colon = address.lastIndexOf(':');
    socket =
        new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  /**
   * Sends the head of a POST.
   *
   * @param headers further ones, such as {@code content-length}
   */
  RawExchange head(String path, Map<String, String> headers) throws IOException {
    var head = new StringBuilder("POST " + path + " HTTP/1.1\r\nhost: warmpath.test\r\n");
    head.append("connection: close\r\ncontent-type: application/json\r\n");
    headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    return bytes(head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
  }

  /** Sends a part of the body, as it stands. */
  RawExchange bytes(byte[] part, int from, int to) throws IOException {
    out.write(part, from, to - from);
    out.flush();
    return this;
  }

  RawExchange bytes(byte[] part) throws IOException {
    return bytes(part, 0, part.length);
  }

  /** Sends a chunk of a body with {@code transfer-encoding: chunked}; an empty one ends it. */
  RawExchange chunk(byte[] body, int from, int to) throws IOException {
    bytes((Integer.toHexString(to - from) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    out.write(body, from, to - from);
    return bytes("\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  /** A line of the response, without its end. */
  String line() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the connection ended (expected: a line)");
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  /** Reads the response to its end. */
  Response response() throws IOException {
    int status = Integer.parseInt(line().split(" ", -1)[1]);
    var headers = new TreeMap<String, String>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    if (!"chunked".equals(headers.get("transfer-encoding"))) {
      int length = Integer.parseInt(headers.getOrDefault("content-length", "-1"));
      byte[] whole = length < 0 ? in.readAllBytes() : in.readNBytes(length);
      return new Response(status, headers, new String(whole, StandardCharsets.UTF_8));
    }
    var body = new ByteArrayOutputStream();
    for (int size = chunkSize(); size > 0; size = chunkSize()) {
      body.write(in.readNBytes(size));
      line();
    }
    return new Response(status, headers, body.toString(StandardCharsets.UTF_8));
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(line(), 16);
  }

  /** Goes away, with a reset. */
  void abort() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
