package dev.warmpath.extproc.usage;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which of the members that Warmpath adds to request bodies a path or a sentence of an error is
 * about. A path counts where such a member may stand, not below what clients name as they like: the
 * schema of a tool, the input of a call. In a sentence only a whole name counts, and neither what
 * is quoted of the request, nor what would have been taken instead, nor the name of a tool.
 *
 * <p>Answers {@code cache_control}, or {@code cache_control.ttl} where only that is refused, or
 * {@code ttl} where nobody says whose; so it does of {@code stream_options.include_usage}. Empty:
 * none of ours.
 */
final class RefusedMember {

  static final String NONE = "";

  private static final String TTL = "ttl";
  private static final String STREAM_OPTIONS = "stream_options";
  private static final String INCLUDE_USAGE = "include_usage";

  /** What is added to request bodies, by its name at the APIs. */
  private static final Set<String> MEMBERS =
      Set.of(
          "cache_control",
          "cache_salt",
          "cachePoint",
          "prompt_cache_breakpoint",
          "prompt_cache_options",
          "prompt_cache_key",
          "session_id",
          STREAM_OPTIONS,
          INCLUDE_USAGE);

  /** Those that are of use without their {@code ttl}, too. */
  private static final Set<String> WITH_TTL = Set.of("cache_control", "cachePoint");

  /** Behind a member's name: what it holds, or how a validator calls the kind of it. */
  private static final Set<String> INSIDE =
      Set.of("type", "mode", "ephemeral", "default", "member");

  /** What is below is named by clients. */
  private static final Set<String> CLIENTS =
      Set.of(
          "arguments",
          "input_schema",
          "inputSchema",
          "json_schema",
          "metadata",
          "parameters",
          "properties",
          "schema");

  /** Where one of ours may stand inside; validators add names of kinds. */
  private static final Set<String> HOLDERS =
      Set.of(
          "assistant",
          "body",
          "content",
          "custom",
          "developer",
          "document",
          "image",
          "image_url",
          "input",
          "input_image",
          "input_text",
          "messages",
          "parts",
          "request",
          "system",
          "system_instruction",
          "text",
          "tool",
          "toolConfig",
          "tool_result",
          "tool_use",
          "tools",
          "user");

  /** With these begin the paths of what clients fill. */
  private static final Set<String> ROOTS =
      Set.of(
          "functions",
          "input",
          "messages",
          "metadata",
          "request",
          "response_format",
          "system",
          "text",
          "toolConfig",
          "tool_choice",
          "tools");

  /** What a word before a name says of it: that it is a client's. */
  private static final Set<String> CLIENTS_NOUNS =
      Set.of("called", "function", "functions", "named", "schema", "tool", "tools");

  /** Words before {@code name} that make it one of a member. */
  private static final Set<String> MEMBERS_NOUNS =
      Set.of(
          "argument",
          "field",
          "invalid",
          "key",
          "member",
          "parameter",
          "property",
          "unexpected",
          "unknown",
          "unrecognized");

  private static final Pattern STEPS = Pattern.compile("[.\\[\\]/\"'#$*]+|\\s*->\\s*");
  private static final Pattern WORDS = Pattern.compile("[\\w$*#./\\[\\]-]+");
  private static final Pattern EDGES = Pattern.compile("^[.\\[\\]/-]+|[.\\[\\]/-]+$");
  private static final Pattern PLACE_BEHIND = Pattern.compile("[\"'`]? (?:at|in) [\"'`]([^\"'`]+)");
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final Pattern ABOUT_TOOLS =
      Pattern.compile(
          "\\b(?:tool|function)s?'? names?\\b|\\b(?:input|json) schema\\b|\\bschema for\\b",
          Pattern.CASE_INSENSITIVE);

  /** Behind these stands what would have been taken. */
  private static final Pattern ALTERNATIVES =
      Pattern.compile(
          "expected one of|did you mean|must be one of"
              + "|(?<!not )\\b(?:supported|allowed|permitted|valid|known)"
              + " (?:values|keys|fields|members|parameters|properties|arguments|names)",
          Pattern.CASE_INSENSITIVE);

  /** What pydantic quotes, in its own form or Python's. */
  private static final Pattern QUOTED_INPUT = Pattern.compile("'(?:input|ctx)': |input_value=");

  private static final Pattern PYTHON_PLACE = Pattern.compile("'loc': [(\\[]([^)\\]]*)[)\\]]");
  private static final Pattern PYTHON_SEPARATOR = Pattern.compile("[\\s,'\"]+");
  private static final Pattern PYTHON_SENTENCE =
      Pattern.compile("'msg': (?:'((?:[^'\\\\]++|\\\\.)*+)'|\"([^\"]*)\")");

  private RefusedMember() {}

  /**
   * What a path names.
   *
   * @param path its steps parted by dots, slashes, brackets or arrows
   */
  static String ofPath(String path) {
    String found = NONE;
    boolean isFirst = true;
    for (String step : STEPS.split(path, -1)) {
      if (step.isEmpty()) {
        continue;
      }
      if (!found.isEmpty()) {
        if (step.equals(TTL)) {
          return WITH_TTL.contains(found) ? found + "." + TTL : found;
        }
        if (holds(found, step)) {
          found = found + "." + step;
          continue;
        }
        if (!INSIDE.contains(step) && !NUMBER.matcher(step).matches()) {
          return NONE; // A member that ours doesn't have.
        }
      } else if (MEMBERS.contains(step)) {
        found = step;
      } else if (CLIENTS.contains(step) || (step.equals("input") && !isFirst)) {
        return NONE;
      } else if (step.equals(TTL) && isFirst) {
        return TTL;
      }
      isFirst &= step.equals("body") || step.equals("request");
    }
    return found;
  }

  private static boolean holds(String found, String step) {
    return found.equals(STREAM_OPTIONS) && step.equals(INCLUDE_USAGE);
  }

  /** Whether one of ours may stand in what a path leads to. */
  static boolean mayHold(String path) {
    boolean isFirst = true;
    String last = "";
    for (String step : STEPS.split(path, -1)) {
      if (step.isEmpty()) {
        continue;
      }
      if (CLIENTS.contains(step) || (step.equals("input") && !isFirst)) {
        return false;
      }
      isFirst &= step.equals("body") || step.equals("request");
      last = step;
    }
    return last.isEmpty() || HOLDERS.contains(last) || NUMBER.matcher(last).matches();
  }

  /**
   * What a text names.
   *
   * @param place that it is about, as a path; empty: not told
   */
  static String ofText(String text, String place) {
    String said = withoutInputs(text);
    return said.contains("'loc': ") ? ofPython(said) : ofLines(said, place);
  }

  /** A list of errors as Python prints it. */
  private static String ofPython(String text) {
    Matcher place = PYTHON_PLACE.matcher(text);
    while (place.find()) {
      String path = PYTHON_SEPARATOR.matcher(place.group(1)).replaceAll(".");
      String named = ofPath(path);
      if (named.isEmpty() && mayHold(path)) {
        Matcher sentence = PYTHON_SENTENCE.matcher(text).region(place.end(), text.length());
        if (sentence.find()) {
          String message = sentence.group(1) == null ? sentence.group(2) : sentence.group(1);
          named = ofLines(message, path);
        }
      }
      if (!named.isEmpty()) {
        return named;
      }
    }
    return NONE;
  }

  private static String ofLines(String text, String place) {
    for (String line : text.split("\n", -1)) {
      Matcher alternatives = ALTERNATIVES.matcher(line);
      String said = alternatives.find() ? line.substring(0, alternatives.start()) : line;
      String named = ofLine(withoutQuotations(said), place);
      if (!named.isEmpty()) {
        return named;
      }
    }
    return NONE;
  }

  /** One sentence, or several about one thing. */
  private static String ofLine(String line, String place) {
    boolean isAboutTools = ABOUT_TOOLS.matcher(line).find();
    String found = NONE;
    boolean ttlSeen = false;
    boolean ttlQuoted = false;
    String at = place;
    String before = "";
    String beforeThat = "";
    Matcher words = WORDS.matcher(line);
    boolean isFirst = true;
    while (words.find()) {
      String word = EDGES.matcher(words.group()).replaceAll("");
      boolean isPath = STEPS.matcher(word).find();
      if (isPath || (isFirst && ROOTS.contains(word) && charAt(line, words.end()) == ':')) {
        String named = ofPath(word);
        if (!named.isEmpty()) {
          found = named.length() > found.length() ? named : found;
        } else if (isFirst && isOfClient(word)) {
          return NONE;
        }
        at = word;
      } else if (MEMBERS.contains(word)) {
        Matcher behind = PLACE_BEHIND.matcher(line).region(words.end(), line.length());
        String there = behind.lookingAt() ? behind.group(1) : at;
        boolean isName =
            isAboutTools
                || CLIENTS_NOUNS.contains(before)
                || (before.equals("name") && !MEMBERS_NOUNS.contains(beforeThat));
        if (!isName && !isOfClient(there)) {
          found = found.isEmpty() ? word : holds(found, word) ? found + "." + word : found;
        }
      } else if (word.equals(TTL)) {
        String holder = ofPath(at);
        if (WITH_TTL.contains(holder)) {
          found = holder;
        }
        ttlSeen = true;
        ttlQuoted |= isQuoted(line, words.start(), words.end()) && !isOfClient(at);
      }
      isFirst = false;
      beforeThat = before;
      before = word.toLowerCase(Locale.ROOT);
    }
    if (ttlSeen && WITH_TTL.contains(found)) {
      return found + "." + TTL;
    }
    return found.isEmpty() && ttlQuoted ? TTL : found;
  }

  /** Whether a path leads to what clients fill, where one of ours can't be. */
  private static boolean isOfClient(String path) {
    String first = "";
    for (String step : STEPS.split(path, -1)) {
      if (CLIENTS.contains(step)) {
        return true;
      }
      if (first.isEmpty()) {
        first = step;
      }
    }
    return ROOTS.contains(first) && !mayHold(path);
  }

  private static boolean isQuoted(String line, int start, int end) {
    char before = charAt(line, start - 1);
    char behind = charAt(line, end);
    return (before == behind && "'\"`".indexOf(before) >= 0)
        || line.startsWith("[", start)
        || (before == ' ' && start == 0 && behind == ':');
  }

  private static char charAt(String line, int at) {
    return at < 0 || at >= line.length() ? ' ' : line.charAt(at);
  }

  /** Without what pydantic quotes of the request. */
  private static String withoutInputs(String text) {
    Matcher quoted = QUOTED_INPUT.matcher(text);
    if (!quoted.find()) {
      return text;
    }
    var said = new StringBuilder();
    int from = 0;
    do {
      said.append(text, from, quoted.start());
      from = endOfValue(text, quoted.end());
    } while (quoted.find(from));
    return said.append(text, from, text.length()).toString();
  }

  /** Where a value of Python ends; its strings may hold anything. */
  private static int endOfValue(String text, int start) {
    int depth = 0;
    char quote = 0;
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote != 0) {
        if (c == '\\') {
          i++;
        } else if (c == quote) {
          quote = 0;
        }
      } else {
        switch (c) {
          case '\'', '"' -> quote = c;
          case '(', '[', '{' -> depth++;
          case ')', ']', '}' -> {
            if (--depth < 0) {
              return i;
            }
          }
          case ',' -> {
            if (depth == 0) {
              return i;
            }
          }
          default -> {}
        }
      }
    }
    return text.length();
  }

  /** Without what is quoted and more than one word, unless that says what of ours is wrong. */
  private static String withoutQuotations(String line) {
    var said = new StringBuilder();
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      boolean opens =
          (c == '"' || c == '`' || c == '\'') && !Character.isLetterOrDigit(charAt(line, i - 1));
      int end = opens ? closing(line, i) : -1;
      if (end < 0) {
        said.append(c);
        continue;
      }
      String inside = line.substring(i + 1, end);
      int colon = inside.indexOf(':');
      boolean isSaid =
          inside.indexOf(' ') < 0 || (colon > 0 && !ofPath(inside.substring(0, colon)).isEmpty());
      if (isSaid) {
        said.append(line, i, end + 1);
      }
      i = end;
    }
    return said.toString();
  }

  private static int closing(String line, int opening) {
    char quote = line.charAt(opening);
    int end = line.indexOf(quote, opening + 1);
    while (end >= 0 && Character.isLetterOrDigit(charAt(line, end + 1))) {
      end = line.indexOf(quote, end + 1);
    }
    return end;
  }
}
