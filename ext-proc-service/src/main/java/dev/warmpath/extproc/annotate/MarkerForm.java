package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.provider.Lifetime;
import dev.warmpath.extproc.provider.Mechanism;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.PriceFactors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How an API has its markers written, where it takes them, and for how long they may ask. */
@SuppressWarnings("ImmutableEnumChecker") // Byte arrays that nobody writes to.
enum MarkerForm {

  /** Anthropic's, also where others host its models or speak its API. */
  CACHE_CONTROL(
      Mechanism.CACHE_CONTROL,
      "cache_control",
      300,
      "\"cache_control\":{\"type\":\"ephemeral\"}",
      "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}"),

  /** The same on the parts of chat completions, where nothing is known of tools and lifetimes. */
  CHAT_CACHE_CONTROL(
      Mechanism.CACHE_CONTROL,
      "cache_control",
      300,
      "\"cache_control\":{\"type\":\"ephemeral\"}",
      ""),

  /** Bedrock Converse's, a block of its own behind what is to be cached. */
  CACHE_POINT(
      Mechanism.CACHE_POINT,
      "cachePoint",
      300,
      ",{\"cachePoint\":{\"type\":\"default\"}}",
      ",{\"cachePoint\":{\"type\":\"default\",\"ttl\":\"1h\"}}"),

  /** OpenAI's, on the parts of chat completions and Responses. */
  BREAKPOINT(
      Mechanism.PROMPT_CACHE_BREAKPOINT,
      "prompt_cache_breakpoint",
      1800,
      "\"prompt_cache_breakpoint\":{\"mode\":\"explicit\"}",
      "");

  static final int HOUR_SECONDS = 3600;

  private static final byte[] DEFER_LOADING = ascii("defer_loading");
  private static final byte[] BEFORE_TEXT = ascii("[{\"type\":\"text\",\"text\":");
  private static final byte[] BEFORE_INPUT_TEXT = ascii("[{\"type\":\"input_text\",\"text\":");
  private static final byte[] BEFORE_INPUT =
      ascii("[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":");

  /** The member as refusals name it. */
  final String field;

  /** The lifetime that a marker has which asks for none. */
  final int seconds;

  private final Mechanism mechanism;
  private final Text ofDefault;
  private final Text ofHour;

  /** What is written, behind what stands before it. */
  private static final class Text {
    final byte[] alone;
    final byte[] andComma;
    final byte[] afterString;
    final byte[] afterInput;

    Text(String marker) {
      alone = ascii(marker);
      andComma = ascii(marker + ',');
      afterString = ascii(',' + marker + "}]");
      afterInput = ascii(',' + marker + "}]}]");
    }
  }

  MarkerForm(Mechanism mechanism, String field, int seconds, String ofDefault, String ofHour) {
    this.mechanism = mechanism;
    this.field = field;
    this.seconds = seconds;
    this.ofDefault = new Text(ofDefault);
    this.ofHour = new Text(ofHour);
  }

  /** The form of a request's markers; null: the API or the model takes none. */
  static @Nullable MarkerForm of(Dialect dialect, ModelEntry model) {
    if (model.maxMarkers() == 0) {
      return null;
    }
    MarkerForm form =
        switch (dialect) {
          case ANTHROPIC_MESSAGES -> CACHE_CONTROL;
          case BEDROCK_CONVERSE -> CACHE_POINT;
          case OPENAI_CHAT ->
              model.has(Mechanism.PROMPT_CACHE_BREAKPOINT) ? BREAKPOINT : CHAT_CACHE_CONTROL;
          case OPENAI_RESPONSES -> BREAKPOINT;
          case OPENAI_COMPLETIONS, OPENAI_EMBEDDINGS, GEMINI -> null;
        };
    // A row that names no mechanism but a number of markers can only mean Anthropic's.
    boolean isMeant =
        form != null
            && (model.has(form.mechanism)
                || (form == CACHE_CONTROL && model.cache().mechanisms().isEmpty()));
    return isMeant ? form : null;
  }

  /** Whether a marker may ask for an hour. */
  boolean knowsHours(ModelEntry model, PriceFactors factors) {
    if (!(factors.write1h() > 0)) {
      return false;
    }
    List<Lifetime> lifetimes = model.cache().lifetimes();
    return switch (this) {
      // Some who speak Anthropic's API refuse it: their rows name another lifetime only.
      case CACHE_CONTROL -> lifetimes.isEmpty() || listsHour(lifetimes);
      case CACHE_POINT -> listsHour(lifetimes);
      case CHAT_CACHE_CONTROL, BREAKPOINT -> false;
    };
  }

  private static boolean listsHour(List<Lifetime> lifetimes) {
    return lifetimes.stream().anyMatch(lifetime -> lifetime.ttl().equals("1h"));
  }

  /** Whether a part may carry a marker; one that has one can't have another. */
  boolean mayCarry(Prompt prompt, int part) {
    byte[] body = prompt.body();
    int start = prompt.partRawStart(part);
    if (prompt.partMarker(part) != 0
        || prompt.partMarkerIsNull(part)
        || !(prompt.partIsString(part) || body[start] == '{')) {
      return false;
    }
    boolean isOfKind =
        switch (prompt.partKind(part)) {
          case TEXT -> !isBlank(prompt, part);
          case IMAGE, DOCUMENT -> this != CHAT_CACHE_CONTROL;
          case TOOL_USE, TOOL_RESULT -> this == CACHE_CONTROL || this == CACHE_POINT;
          case TOOL ->
              this == CACHE_POINT
                  || (this == CACHE_CONTROL && !isDeferred(body, start, prompt.partRawEnd(part)));
          case TOKENS, THINKING, OTHER -> false;
        };
    return isOfKind && (isInAnyMessage() || isInput(prompt, prompt.partSegment(part)));
  }

  private boolean isInAnyMessage() {
    return this == CACHE_CONTROL || this == CACHE_POINT;
  }

  /** Whether a segment is told to the model: neither its answer nor a tool's. */
  private static boolean isInput(Prompt prompt, int segment) {
    return switch (prompt.role(segment)) {
      // The instructions of Responses are a string and can be nothing else.
      case SYSTEM -> prompt.body()[prompt.rawStart(segment)] != '"';
      case USER -> true;
      case ASSISTANT, TOOL, OTHER -> false;
    };
  }

  /** Writes a marker onto a part that may carry it. */
  void mark(Splices.Builder splices, Prompt prompt, int part, int lifetimeSeconds) {
    Text text = lifetimeSeconds == HOUR_SECONDS ? ofHour : ofDefault;
    int start = prompt.partRawStart(part);
    int end = prompt.partRawEnd(part);
    if (this == CACHE_POINT) {
      splices.insert(end, text.alone);
    } else if (!prompt.partIsString(part)) {
      boolean isEmpty = RawObject.isEmpty(prompt.body(), start);
      splices.insert(start + 1, isEmpty ? text.alone : text.andComma);
    } else if (prompt.dialect() != Dialect.OPENAI_RESPONSES) {
      splices.insert(start, BEFORE_TEXT).insert(end, text.afterString);
    } else if (prompt.rawStart(prompt.partSegment(part)) == start) {
      splices.insert(start, BEFORE_INPUT).insert(end, text.afterInput);
    } else {
      splices.insert(start, BEFORE_INPUT_TEXT).insert(end, text.afterString);
    }
  }

  private static boolean isBlank(Prompt prompt, int part) {
    byte[] text = prompt.text();
    for (int at = prompt.partTextStart(part); at < prompt.partTextEnd(part); at++) {
      if (text[at] == '\\' && text[at + 1] != '"' && text[at + 1] != '\\') {
        // A control character.
        at += text[at + 1] == 'u' ? 5 : 1;
      } else if (text[at] > ' ' || text[at] < 0) {
        return false;
      }
    }
    return true;
  }

  /** A tool that is not in the prefix; a marker on it is refused. */
  private static boolean isDeferred(byte[] body, int start, int end) {
    return body[start] == '{' && RawObject.mayHaveTrue(body, start, end, DEFER_LOADING);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
