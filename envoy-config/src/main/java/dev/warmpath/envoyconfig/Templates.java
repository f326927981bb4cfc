package dev.warmpath.envoyconfig;

import dev.warmpath.envoyconfig.YamlNode.Mapping;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Everything that is put into an Envoy, as YAML files beside this class. */
final class Templates {
  private Templates() {}

  /**
   * Reads a template.
   *
   * @param values for its {@code ${NAME}}s, as YAML
   */
  static Mapping read(String name, Map<String, String> values) {
    String text = resource(name + ".yaml");
    for (Map.Entry<String, String> value : values.entrySet()) {
      text = text.replace("${" + value.getKey() + "}", value.getValue());
    }
    if (text.contains("${")) {
      throw new IllegalStateException(
          name + ": no value for " + text.substring(text.indexOf("${")));
    }
    try {
      return YamlReader.read(SourceText.of(text));
    } catch (PatchException e) {
      throw new IllegalStateException("template " + name + ": " + e.faults(), e);
    }
  }

  private static String resource(String file) {
    try (InputStream in = Templates.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("not on the class path: " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
