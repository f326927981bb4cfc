package dev.warmpath.envoyconfig;

import dev.warmpath.envoyconfig.YamlNode.Alias;
import dev.warmpath.envoyconfig.YamlNode.Entry;
import dev.warmpath.envoyconfig.YamlNode.Mapping;
import dev.warmpath.envoyconfig.YamlNode.Scalar;
import dev.warmpath.envoyconfig.YamlNode.Sequence;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Bootstraps written by hand, and ways to compare what they say. */
final class Corpus {
  /** Each is a file of its own, valid in a real Envoy. */
  static final List<String> NAMES = List.of("minimal", "full", "anchors", "wide");

  static final PatchOptions DEFAULTS = PatchOptions.of(new ExtProcAddress.HostPort("::1", 9002));

  private Corpus() {}

  static String text(String name) {
    try (InputStream in = Corpus.class.getResourceAsStream("corpus/" + name + ".yaml")) {
      if (in == null) {
        throw new IllegalArgumentException("no " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static PatchOptions everything(String... overrideHost) {
    return new PatchOptions(
        List.of(
            new ExtProcAddress.UnixSocket("/run/warmpath/a b.sock"),
            new ExtProcAddress.HostPort("10.1.2.3", 9002)),
        new PatchOptions.Tls("/etc/ca.pem", "/etc/cert.pem", "/etc/key.pem", "warmpath.internal"),
        65_536,
        ".*/chat/completions",
        Set.of(),
        Set.of(),
        Set.of(overrideHost),
        List.of("x-tenant"),
        Set.of("authorization"),
        Set.of(PatchOptions.Extra.HASH, PatchOptions.Extra.ACCESS_LOG));
  }

  /** What a text means: maps, lists and strings. */
  static Object meaning(SourceText text) throws PatchException {
    return meaning(YamlReader.read(text));
  }

  private static Object meaning(YamlNode node) {
    return switch (node) {
      case Mapping mapping -> {
        Map<String, Object> map = new LinkedHashMap<>();
        for (Entry entry : mapping.entries()) {
          map.put(entry.key().value(), meaning(entry.value()));
        }
        yield map;
      }
      case Sequence sequence -> sequence.items().stream().map(Corpus::meaning).toList();
      case Scalar scalar -> scalar.value();
      case Alias alias -> meaning(alias.target());
    };
  }
}
