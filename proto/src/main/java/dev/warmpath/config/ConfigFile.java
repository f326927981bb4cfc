package dev.warmpath.config;

import com.google.protobuf.Message;
import dev.warmpath.config.v1.Config;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * The one reader of the configuration: YAML whose keys are the fields of {@code
 * warmpath.config.v1.Config}. What it returns is complete (every field with a default has a value)
 * and right (all constraints and all rules between fields hold); what it refuses, it refuses with
 * every fault at once. Stateless and thread-safe; at most {@value #MAX_FILE_BYTES} bytes are read.
 */
public final class ConfigFile {
  /** Room for about 50,000 endpoints; a guess at what nobody needs. */
  static final int MAX_FILE_BYTES = 4 << 20;

  private ConfigFile() {}

  /**
   * What a file says.
   *
   * @param config complete and right
   * @param warnings what its owner should know, in the order of lines
   */
  public record Contents(Config config, List<Warning> warnings) {
    public Contents {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * Reads a file.
   *
   * @param needed sections that must be there
   * @throws ConfigException with every fault, also when the file can't be read
   */
  public static Config read(Path file, Section... needed) throws ConfigException {
    return readContents(file, needed).config();
  }

  /** As {@link #read}, with warnings. */
  public static Contents readContents(Path file, Section... needed) throws ConfigException {
    FaultLog log = new FaultLog(file.toString());
    String text = text(file, log);
    log.throwIfAny();
    return contents(text, file.toString(), log, needed);
  }

  /**
   * Reads YAML from memory.
   *
   * @param fileName as faults name it
   */
  public static Config parse(String yaml, String fileName, Section... needed)
      throws ConfigException {
    return parseContents(yaml, fileName, needed).config();
  }

  /** As {@link #parse}, with warnings. */
  public static Contents parseContents(String yaml, String fileName, Section... needed)
      throws ConfigException {
    return contents(yaml, fileName, new FaultLog(fileName), needed);
  }

  /**
   * Completes and checks a configuration that did not come from a file.
   *
   * @param origin as faults name it, in the place of a file
   */
  public static Config accept(Config received, String origin) throws ConfigException {
    return checked(received.toBuilder(), new FaultLog(origin));
  }

  private static Contents contents(String text, String fileName, FaultLog log, Section... needed)
      throws ConfigException {
    Config.Builder builder = Config.newBuilder();
    readInto(builder, text, fileName, log);
    Config config = checked(builder, log, needed);
    return new Contents(config, log.warnings());
  }

  /**
   * Reads YAML whose keys are the fields of a message, without defaults and checks.
   *
   * @throws ConfigException where it is no YAML at all; other faults are in the log
   */
  static void readInto(Message.Builder message, String text, String fileName, FaultLog log)
      throws ConfigException {
    if (text.length() > MAX_FILE_BYTES) {
      tooLarge(log);
      log.throwIfAny();
    }
    Optional<Node> root = YamlDocument.compose(text, fileName, log);
    log.throwIfAny();
    new MessageReader(log).read(root.orElseThrow(), message, "");
  }

  private static Config checked(Config.Builder builder, FaultLog log, Section... needed)
      throws ConfigException {
    Defaults.fill(builder);
    Config config = builder.build();
    for (Section section : needed) {
      if (!section.isIn(config)) {
        log.add(section.fieldName(), "a mapping; this service needs it");
      }
    }
    Constraints.check(config, log);
    new Rules(config, log).check();
    log.throwIfAny();
    return config;
  }

  /** The text of a file; empty, and a fault, where it can't be read. */
  static String text(Path file, FaultLog log) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
      if (bytes.length > MAX_FILE_BYTES) {
        tooLarge(log);
        return "";
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (NoSuchFileException _) {
      log.add(0, "", "no such file", "a file");
    } catch (CharacterCodingException _) {
      log.add(0, "", "bytes that are not UTF-8", "UTF-8");
    } catch (IOException e) {
      log.add(0, "", "can't be read: " + e.getMessage(), "a readable file");
    }
    return "";
  }

  private static void tooLarge(FaultLog log) {
    log.add(0, "", "a larger file", "at most " + Scalars.formatBytes(MAX_FILE_BYTES));
  }
}
