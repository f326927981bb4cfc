package dev.warmpath.envoyconfig;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where Envoy reaches one replica of the ext_proc service. */
sealed interface ExtProcAddress {
  /** What prompts may cross without TLS. */
  boolean isLocal();

  /** As an Envoy address, YAML on one line. */
  String toYaml();

  record UnixSocket(String path) implements ExtProcAddress {
    @Override
    public boolean isLocal() {
      return true;
    }

    @Override
    public String toYaml() {
      return "{pipe: {path: " + YamlReader.quoted(path) + "}}";
    }
  }

  record HostPort(String host, int port) implements ExtProcAddress {
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    /** An address, not a name that has to be resolved. */
    boolean isIp() {
      return host.indexOf(':') >= 0 || IPV4.matcher(host).matches();
    }

    @Override
    public boolean isLocal() {
      return host.equals("::1") || (isIp() && host.startsWith("127."));
    }

    @Override
    public String toYaml() {
      return "{socket_address: {address: %s, port_value: %d}}"
          .formatted(host.indexOf(':') >= 0 ? YamlReader.quoted(host) : host, port);
    }
  }

  Pattern HOST_PORT =
      Pattern.compile("(?:\\[(?<v6>[0-9a-fA-F:.]+)]|(?<host>[A-Za-z0-9.-]+)):(?<port>\\d{1,5})");

  /** Reads {@code ip:port}, {@code host:port} or {@code unix:/path}; null if it is none of them. */
  static @Nullable ExtProcAddress parse(String text) {
    if (text.startsWith("unix:/")) {
      return new UnixSocket(text.substring("unix:".length()));
    }
    Matcher matcher = HOST_PORT.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    int port = Integer.parseInt(matcher.group("port"));
    String v6 = matcher.group("v6");
    return port < 1 || port > 65535
        ? null
        : new HostPort(v6 != null ? v6 : matcher.group("host"), port);
  }
}
