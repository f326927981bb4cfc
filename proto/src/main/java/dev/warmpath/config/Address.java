package dev.warmpath.config;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;

/** Where something listens or is reached, as the configuration writes it. Immutable. */
public sealed interface Address {

  /**
   * An IP literal and a port; IPv6 stands in brackets.
   *
   * @param ip as it is written, without brackets
   * @param port 0 to 65535; 0 lets the system choose
   */
  record Ip(String ip, int port) implements Address {
    public Ip {
      checkPort(port);
      if (inetOf(ip).isEmpty()) {
        throw new IllegalArgumentException(ip + " (expected: an IP address)");
      }
    }

    /** The same for sockets; resolves no name. */
    public InetAddress inet() {
      return inetOf(ip).orElseThrow();
    }

    @Override
    public boolean isLocal() {
      return inet().isLoopbackAddress();
    }

    @Override
    public String toString() {
      return ip.indexOf(':') < 0 ? ip + ":" + port : "[" + ip + "]:" + port;
    }
  }

  /**
   * A host name and a port.
   *
   * @param name by RFC 1123, in lower case
   * @param port 0 to 65535
   */
  record Host(String name, int port) implements Address {
    public Host {
      checkPort(port);
      if (!AddressSyntax.HOST.matcher(name).matches() || name.length() > 253) {
        throw new IllegalArgumentException(name + " (expected: a host name)");
      }
    }

    @Override
    public boolean isLocal() {
      return name.equals("localhost");
    }

    @Override
    public String toString() {
      return name + ":" + port;
    }
  }

  /**
   * A Unix socket.
   *
   * @param path absolute, at most 107 bytes (sun_path of Linux, less its end)
   */
  record Unix(Path path) implements Address {
    public Unix {
      if (!path.isAbsolute()
          || path.toString().getBytes(StandardCharsets.UTF_8).length
              > AddressSyntax.MAX_UNIX_PATH_BYTES) {
        throw new IllegalArgumentException(
            path + " (expected: an absolute path of at most 107 bytes)");
      }
    }

    @Override
    public boolean isLocal() {
      return true;
    }

    @Override
    public String toString() {
      return "unix:" + path;
    }
  }

  /** Whether only this machine reaches it. */
  boolean isLocal();

  /**
   * Parses {@code 127.0.0.1:80}, {@code [::1]:80}, {@code host:80} or {@code unix:/path}.
   *
   * @throws IllegalArgumentException when it is none of these
   */
  static Address parse(String text) {
    return tryParse(text)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    text + " (expected: ip:port, host:port or unix:/path)"));
  }

  /** As {@link #parse}; empty when it is no address. */
  static Optional<Address> tryParse(String text) {
    try {
      if (text.startsWith("unix:")) {
        return Optional.of(new Unix(Path.of(text.substring("unix:".length()))));
      }
      Matcher matcher = AddressSyntax.SOCKET.matcher(text);
      if (!matcher.matches()) {
        return Optional.empty();
      }
      int port = Integer.parseInt(matcher.group("port"));
      String v6 = matcher.group("v6");
      if (v6 != null) {
        return Optional.of(new Ip(v6, port));
      }
      String host = matcher.group("host").toLowerCase(Locale.ROOT);
      return Optional.of(inetOf(host).isPresent() ? new Ip(host, port) : new Host(host, port));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static void checkPort(int port) {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(port + " (expected: a port from 0 to 65535)");
    }
  }

  /** Strictly four decimal numbers, or IPv6 without a zone. */
  private static Optional<InetAddress> inetOf(String text) {
    boolean looksRight =
        text.indexOf(':') >= 0
            ? AddressSyntax.V6.matcher(text).matches()
            : AddressSyntax.V4.matcher(text).matches();
    try {
      return looksRight ? Optional.of(InetAddress.ofLiteral(text)) : Optional.empty();
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
