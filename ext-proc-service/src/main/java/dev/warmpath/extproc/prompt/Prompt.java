package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * What {@link PromptScanner} found in one request body: a mutable result, meant to be reused.
 *
 * <p>Segments are tools, system prompt and messages, in the order in which caches see them,
 * whatever their order in the body. Each has parts: content blocks, or the one string that stands
 * for them. Everything lies in primitive arrays that grow to the largest request seen and stay.
 *
 * <p><b>Raw ranges</b> are half-open byte ranges of {@link #body()}. <b>Text ranges</b> are
 * half-open byte ranges of {@link #text()}, the canonical text: what the model reads, independent
 * of how JSON writes it. A text that reads alike in two dialects is the same.
 *
 * <ul>
 *   <li>Strings are UTF-8 with the fewest escapes that JSON allows: a backslash before quotes and
 *       backslashes, the short ones ({@code b f n r t}), and four hex digits in upper case for
 *       other control characters. Nearly all bodies are written so, and then their bytes are taken
 *       as they stand; {@link #decodeInto} gives the text without escapes. Text parts of one
 *       segment are concatenated, so that splitting a text into parts changes nothing.
 *   <li>Any other part is 0xFE, its JSON without white space, and 0xFF; strings inside end with
 *       0xFF. Neither byte occurs in UTF-8, so no text can pretend to be a part.
 *   <li>Markers of tools and blocks ({@code cache_control}, {@code prompt_cache_breakpoint}) are
 *       left out, and Converse's {@code cachePoint}, a block of its own, is no part. Members that
 *       are null are left out of messages and blocks.
 *   <li>Images, audio, video and files, given as data or by URL, are replaced by 32 hex digits, a
 *       128-bit XXH3 of their JSON, seeded as the scanner is.
 *   <li>In a message, the content comes first and other members follow in a fixed order, framed
 *       with their names. The role stands apart; one that is none of system, user, assistant (or
 *       Gemini's model) and tool is also such a member.
 *   <li>Inside a tool or a block that is not text, the order of members counts: engines render what
 *       stands there.
 *   <li>Of Responses, items that are no messages are segments of one part. A message item's {@code
 *       type}, {@code id} and {@code status} are left out, since no model reads them.
 *   <li>Prompts without messages (completions, embeddings) are messages of the user. Token ids are
 *       a part of their own kind.
 *   <li>Parameters that void caches stand behind the segments, each framed with its {@linkplain
 *       Parameter#label label}.
 * </ul>
 *
 * <p>Not thread-safe: one owner. Everything is valid until the next scan into it, and only after
 * {@link Verdict#OK}. {@link #body()} is the caller's array, not a copy.
 */
public final class Prompt {

  static final int STRIDE = 6;
  private static final int RAW_START = 0;
  private static final int RAW_END = 1;
  static final int TEXT_START = 2;
  static final int TEXT_END = 3;
  private static final int META = 4;

  /** Of a segment: its first part. Of a part: its segment. */
  static final int LINK = 5;

  private static final int PART_STRING = 0x100;
  private static final int PART_MARKER_SHIFT = 9;

  /** In place of a marker's seconds. */
  static final int NULL_MARKER = -1;

  // Values that are named one by one.
  static final int MODEL = 0;
  static final int CACHE_SALT = 1;
  static final int USER = 2;
  static final int SESSION = 3;
  static final int HISTORY = 4;
  static final int VALUES = 5;

  private static final Parameter[] ALL_PARAMETERS = Parameter.values();
  static final int PARAMETERS = ALL_PARAMETERS.length;

  private static final byte[] NO_BYTES = {};
  private static final SegmentKind[] SEGMENT_KINDS = SegmentKind.values();
  private static final Role[] ROLES = Role.values();
  private static final PartKind[] PART_KINDS = PartKind.values();

  byte[] body = NO_BYTES;
  int bodyLength;
  Dialect dialect = Dialect.OPENAI_CHAT;
  byte[] text = NO_BYTES;
  int textLength;

  private boolean isDecoded;

  int firstByteAfterBrace;

  int[] segmentRecords = new int[64 * STRIDE];
  int segments;
  int[] partRecords = new int[64 * STRIDE];
  int parts;

  /** Raw ranges of the named values, then their text ranges; raw with quotes, -1: not given. */
  final int[] valueRawStarts = new int[VALUES];

  final int[] valueRawEnds = new int[VALUES];
  final int[] valueTextStarts = new int[VALUES];
  final int[] valueTextEnds = new int[VALUES];
  int cacheSaltNullStart;

  final int[] parameterRawStarts = new int[PARAMETERS];
  final int[] parameterRawEnds = new int[PARAMETERS];
  final int[] parameterTextStarts = new int[PARAMETERS];
  final int[] parameterTextEnds = new int[PARAMETERS];
  int parametersGiven;

  int inputs;
  boolean hasImages;
  boolean stream;
  boolean includeUsage;
  boolean givesIncludeUsage;
  int streamOptionsStart;
  boolean severalChoices;
  long maxOutputTokens;
  boolean topLevelMarker;
  int markers;
  int hourMarkers;

  /** {@link CacheHint#bit}s. */
  int cacheHints;

  boolean explicitCacheMode;

  private String model = "";
  private byte[] modelBytes = NO_BYTES;

  /** The scanned array, as the caller gave it. */
  public byte[] body() {
    return body;
  }

  /** Bytes of {@link #body()} that belong to the request. */
  public int bodyLength() {
    return bodyLength;
  }

  public Dialect dialect() {
    return dialect;
  }

  /** Where a member can be inserted at the top level: the offset after the opening brace. */
  public int firstByteAfterBrace() {
    return firstByteAfterBrace;
  }

  /** First raw byte inside the quotes of the model's name, or -1. */
  public int modelStart() {
    return inside(MODEL, 1, valueRawStarts);
  }

  /** Raw offset of the closing quote of the model's name, or -1. */
  public int modelEnd() {
    return inside(MODEL, -1, valueRawEnds);
  }

  private int inside(int value, int quote, int[] of) {
    return valueRawStarts[value] < 0 ? -1 : of[value] + quote;
  }

  /** Bytes of the model's name, in canonical form. */
  public int modelLength() {
    return valueTextEnds[MODEL] - valueTextStarts[MODEL];
  }

  /** The model's name, decoded; empty if there is none. Allocates only when it changed. */
  public String model() {
    int start = valueTextStarts[MODEL];
    int end = valueTextEnds[MODEL];
    if (!Arrays.equals(modelBytes, 0, modelBytes.length, text, start, end)) {
      modelBytes = Arrays.copyOfRange(text, start, end);
      byte[] decoded = modelBytes.clone();
      int length = isDecoded ? decoded.length : decode(modelBytes, 0, decoded.length, decoded, 0);
      model = new String(decoded, 0, length, UTF_8);
    }
    return model;
  }

  /**
   * Copies this prompt for who reads its text: strings are decoded, and text ranges are where that
   * puts them. All else stays. The copy of a copy is the same. Costs a pass over the text.
   */
  public void decodeInto(Prompt to) {
    to.body = body;
    to.bodyLength = bodyLength;
    to.dialect = dialect;
    to.firstByteAfterBrace = firstByteAfterBrace;
    to.segments = segments;
    to.parts = parts;
    to.segmentRecords = copyInto(to.segmentRecords, segmentRecords, segments * STRIDE);
    to.partRecords = copyInto(to.partRecords, partRecords, parts * STRIDE);
    System.arraycopy(valueRawStarts, 0, to.valueRawStarts, 0, VALUES);
    System.arraycopy(valueRawEnds, 0, to.valueRawEnds, 0, VALUES);
    System.arraycopy(parameterRawStarts, 0, to.parameterRawStarts, 0, PARAMETERS);
    System.arraycopy(parameterRawEnds, 0, to.parameterRawEnds, 0, PARAMETERS);
    to.cacheSaltNullStart = cacheSaltNullStart;
    to.parametersGiven = parametersGiven;
    to.inputs = inputs;
    to.hasImages = hasImages;
    to.stream = stream;
    to.includeUsage = includeUsage;
    to.givesIncludeUsage = givesIncludeUsage;
    to.streamOptionsStart = streamOptionsStart;
    to.severalChoices = severalChoices;
    to.maxOutputTokens = maxOutputTokens;
    to.topLevelMarker = topLevelMarker;
    to.markers = markers;
    to.hourMarkers = hourMarkers;
    to.cacheHints = cacheHints;
    to.explicitCacheMode = explicitCacheMode;
    to.decodeText(this);
  }

  /** Whether {@link #decodeInto} wrote the text. */
  public boolean isDecoded() {
    return isDecoded;
  }

  private void decodeText(Prompt from) {
    int textEnd = from.valueTextEnds[VALUES - 1];
    if (text.length < textEnd) {
      text = new byte[textEnd];
    }
    int at = 0;
    // Parts follow each other without a gap, and so do segments, parameters and values.
    for (int segment = 0; segment < segments; segment++) {
      segmentRecords[segment * STRIDE + TEXT_START] = at;
      for (int part = partsStart(segment); part < partsEnd(segment); part++) {
        partRecords[part * STRIDE + TEXT_START] = at;
        at = decode(from, from.partTextStart(part), from.partTextEnd(part), at);
        partRecords[part * STRIDE + TEXT_END] = at;
      }
      segmentRecords[segment * STRIDE + TEXT_END] = at;
    }
    textLength = at;
    for (int i = 0; i < PARAMETERS; i++) {
      parameterTextStarts[i] = at;
      at = decode(from, from.parameterTextStarts[i], from.parameterTextEnds[i], at);
      parameterTextEnds[i] = at;
    }
    for (int i = 0; i < VALUES; i++) {
      valueTextStarts[i] = at;
      at = decode(from, from.valueTextStarts[i], from.valueTextEnds[i], at);
      valueTextEnds[i] = at;
    }
    isDecoded = true;
  }

  private int decode(Prompt from, int start, int end, int at) {
    if (from.isDecoded) {
      System.arraycopy(from.text, start, text, at, end - start);
      return at + end - start;
    }
    return decode(from.text, start, end, text, at);
  }

  /** Writes canonical text without its escapes, and returns where that ends. */
  private static int decode(byte[] from, int start, int end, byte[] to, int at) {
    int run = start;
    int next = start;
    while (next < end) {
      if (from[next] != '\\') {
        next++;
        continue;
      }
      System.arraycopy(from, run, to, at, next - run);
      at += next - run;
      byte escaped = from[next + 1];
      next += 2;
      to[at++] =
          switch (escaped) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
              next += 4;
              yield (byte)
                  (Character.digit(from[next - 2], 16) << 4 | Character.digit(from[next - 1], 16));
            }
            default -> escaped;
          };
      run = next;
    }
    System.arraycopy(from, run, to, at, end - run);
    return at + end - run;
  }

  private static int[] copyInto(int[] to, int[] from, int count) {
    int[] records = to.length < count ? new int[from.length] : to;
    System.arraycopy(from, 0, records, 0, count);
    return records;
  }

  /** Whether the body asks for a stream of events; some APIs say so in the path instead. */
  public boolean stream() {
    return stream;
  }

  /** Whether OpenAI's {@code stream_options} ask for usage at the end of a stream. */
  public boolean includeUsage() {
    return includeUsage;
  }

  /** Whether they say so or not, be it with null. */
  public boolean givesIncludeUsage() {
    return givesIncludeUsage;
  }

  /** Raw offset of the value of {@code stream_options}, whatever it is, or -1. */
  public int streamOptionsStart() {
    return streamOptionsStart;
  }

  /** Whether OpenAI's {@code n} asks for other than one answer. */
  public boolean severalChoices() {
    return severalChoices;
  }

  /** The client's bound on output tokens, or -1. */
  public long maxOutputTokens() {
    return maxOutputTokens;
  }

  /** First raw byte inside the quotes of the client's {@code cache_salt}, or -1. */
  public int cacheSaltStart() {
    return inside(CACHE_SALT, 1, valueRawStarts);
  }

  /** Raw offset of the closing quote of the client's {@code cache_salt}, or -1. */
  public int cacheSaltEnd() {
    return inside(CACHE_SALT, -1, valueRawEnds);
  }

  /** Raw offset of the client's {@code null} in place of a {@code cache_salt}, or -1. */
  public int cacheSaltNullStart() {
    return cacheSaltNullStart;
  }

  /** Where the {@code cache_salt} starts in {@link #text()}; empty if there is none. */
  public int cacheSaltTextStart() {
    return valueTextStarts[CACHE_SALT];
  }

  public int cacheSaltTextEnd() {
    return valueTextEnds[CACHE_SALT];
  }

  /** Where the client's name for its user starts in {@link #text()}. */
  public int userTextStart() {
    return valueTextStarts[USER];
  }

  public int userTextEnd() {
    return valueTextEnds[USER];
  }

  /** Where the client's name for its session starts in {@link #text()}. */
  public int sessionTextStart() {
    return valueTextStarts[SESSION];
  }

  public int sessionTextEnd() {
    return valueTextEnds[SESSION];
  }

  /** Whether the prompt continues a response or conversation whose text isn't in the body. */
  public boolean hasHistory() {
    return valueRawStarts[HISTORY] >= 0;
  }

  /** Where the name of that response or conversation starts in {@link #text()}. */
  public int historyTextStart() {
    return valueTextStarts[HISTORY];
  }

  public int historyTextEnd() {
    return valueTextEnds[HISTORY];
  }

  public boolean hasTools() {
    return segments > 0 && kind(0) == SegmentKind.TOOL;
  }

  /** Whether a message holds an image; adding the first one voids some providers' caches. */
  public boolean hasImages() {
    return hasImages;
  }

  /**
   * Prompts that stand side by side, each a segment of its own; 1 where there is one prompt of any
   * number of segments. More than one only in completions and embeddings.
   */
  public int inputs() {
    return inputs;
  }

  /** The canonical text; what lies at and after {@link #textLength()} belongs to no segment. */
  public byte[] text() {
    return text;
  }

  /** Bytes of canonical text of all segments. */
  public int textLength() {
    return textLength;
  }

  /** Whether the request gives a parameter, and not as null. */
  @SuppressWarnings("EnumOrdinal") // as in addPart
  public boolean has(Parameter parameter) {
    return (parametersGiven & 1 << parameter.ordinal()) != 0;
  }

  /** Start of the parameter's JSON value, if the request {@linkplain #has has} it. */
  @SuppressWarnings("EnumOrdinal") // decoded here, and never leaves the object
  public int parameterRawStart(Parameter parameter) {
    return parameterRawStarts[parameter.ordinal()];
  }

  @SuppressWarnings("EnumOrdinal") // as above
  public int parameterRawEnd(Parameter parameter) {
    return parameterRawEnds[parameter.ordinal()];
  }

  /**
   * Start of the parameter's canonical text, framed with its label; equals the end if the request
   * doesn't have it. Lies behind {@link #textLength()}.
   */
  @SuppressWarnings("EnumOrdinal") // as above
  public int parameterTextStart(Parameter parameter) {
    return parameterTextStarts[parameter.ordinal()];
  }

  @SuppressWarnings("EnumOrdinal") // as above
  public int parameterTextEnd(Parameter parameter) {
    return parameterTextEnds[parameter.ordinal()];
  }

  /** Start of the canonical text of all parameters that caches see at a position. */
  public int parametersStart(Parameter.Position position) {
    return parameterTextStart(position.first());
  }

  public int parametersEnd(Parameter.Position position) {
    return parameterTextEnd(position.last());
  }

  public int segments() {
    return segments;
  }

  public SegmentKind kind(int segment) {
    return SEGMENT_KINDS[segmentRecords[segment * STRIDE + META] & 0xFF];
  }

  public Role role(int segment) {
    return ROLES[segmentRecords[segment * STRIDE + META] >> 8];
  }

  /** Start of the segment's JSON value: the tool, the value of {@code system}, the message. */
  public int rawStart(int segment) {
    return segmentRecords[segment * STRIDE + RAW_START];
  }

  public int rawEnd(int segment) {
    return segmentRecords[segment * STRIDE + RAW_END];
  }

  public int textStart(int segment) {
    return segmentRecords[segment * STRIDE + TEXT_START];
  }

  public int textEnd(int segment) {
    return segmentRecords[segment * STRIDE + TEXT_END];
  }

  /** Parts of all segments, those of one segment side by side. */
  public int parts() {
    return parts;
  }

  /** The first part of a segment; equals {@link #partsEnd} when it has none. */
  public int partsStart(int segment) {
    return segmentRecords[segment * STRIDE + LINK];
  }

  public int partsEnd(int segment) {
    return segment + 1 < segments ? partsStart(segment + 1) : parts;
  }

  public int partSegment(int part) {
    return partRecords[part * STRIDE + LINK];
  }

  public PartKind partKind(int part) {
    return PART_KINDS[partRecords[part * STRIDE + META] & 0xFF];
  }

  /** Start of the part's JSON value: the block, or the string with its quotes. */
  public int partRawStart(int part) {
    return partRecords[part * STRIDE + RAW_START];
  }

  public int partRawEnd(int part) {
    return partRecords[part * STRIDE + RAW_END];
  }

  public int partTextStart(int part) {
    return partRecords[part * STRIDE + TEXT_START];
  }

  public int partTextEnd(int part) {
    return partRecords[part * STRIDE + TEXT_END];
  }

  /** Whether the part is a JSON string in the place of an array of blocks. */
  public boolean partIsString(int part) {
    return (partRecords[part * STRIDE + META] & PART_STRING) != 0;
  }

  /** Seconds to live that the client's own marker on this part asks for; 0 if it has none. */
  public int partMarker(int part) {
    return Math.max(0, partRecords[part * STRIDE + META] >> PART_MARKER_SHIFT);
  }

  /** Whether this part has no marker and says so: the member that would be one is null. */
  public boolean partMarkerIsNull(int part) {
    return partRecords[part * STRIDE + META] >> PART_MARKER_SHIFT == NULL_MARKER;
  }

  /** Whether the client marked the request as a whole, which is Anthropic's automatic mode. */
  public boolean topLevelMarker() {
    return topLevelMarker;
  }

  /** All markers of the client: on parts, on blocks inside tool results, and at the top level. */
  public int markers() {
    return markers;
  }

  /** Those of {@link #markers()} that ask for an hour. */
  public int hourMarkers() {
    return hourMarkers;
  }

  /** Whether the client itself gives such a member, be it with {@code null}. */
  public boolean gives(CacheHint hint) {
    return (cacheHints & hint.bit) != 0;
  }

  /** Whether the client's {@code prompt_cache_options} ask for nothing but its own breakpoints. */
  public boolean explicitCacheMode() {
    return explicitCacheMode;
  }

  /**
   * Adds a segment whose text starts here; {@link #endSegment} tells the rest.
   *
   * @return its index
   */
  int beginSegment(int rawStart, int textStart) {
    segmentRecords = withRoom(segmentRecords, segments);
    int at = segments * STRIDE;
    segmentRecords[at + RAW_START] = rawStart;
    segmentRecords[at + TEXT_START] = textStart;
    segmentRecords[at + LINK] = 0;
    return segments++;
  }

  @SuppressWarnings("EnumOrdinal") // decoded here, and never leaves the object
  void endSegment(int segment, SegmentKind kind, Role role, int rawEnd, int textEnd) {
    int at = segment * STRIDE;
    segmentRecords[at + RAW_END] = rawEnd;
    segmentRecords[at + TEXT_END] = textEnd;
    segmentRecords[at + META] = kind.ordinal() | role.ordinal() << 8;
  }

  /** Adds a part to the last segment. */
  @SuppressWarnings("EnumOrdinal") // as above
  void addPart(
      PartKind kind,
      boolean string,
      int marker,
      int rawStart,
      int rawEnd,
      int textStart,
      int textEnd) {
    partRecords = withRoom(partRecords, parts);
    int at = parts * STRIDE;
    partRecords[at + RAW_START] = rawStart;
    partRecords[at + RAW_END] = rawEnd;
    partRecords[at + TEXT_START] = textStart;
    partRecords[at + TEXT_END] = textEnd;
    partRecords[at + META] =
        kind.ordinal() | (string ? PART_STRING : 0) | marker << PART_MARKER_SHIFT;
    partRecords[at + LINK] = segments - 1;
    parts++;
  }

  /** Gives the last part its marker, if it has none yet. */
  void markLastPart(int seconds) {
    int at = (parts - 1) * STRIDE;
    if (partRecords[at + META] >> PART_MARKER_SHIFT == 0) {
      partRecords[at + META] |= seconds << PART_MARKER_SHIFT;
    }
  }

  private static int[] withRoom(int[] records, int count) {
    return (count + 1) * STRIDE > records.length
        ? Arrays.copyOf(records, 2 * records.length)
        : records;
  }

  /** Tells each segment its first part, once all are in order. */
  void linkParts() {
    int part = 0;
    for (int segment = 0; segment < segments; segment++) {
      segmentRecords[segment * STRIDE + LINK] = part;
      while (part < parts && partSegment(part) == segment) {
        part++;
      }
    }
  }

  void reset(byte[] body, int bodyLength, Dialect dialect) {
    this.body = body;
    this.bodyLength = bodyLength;
    this.dialect = dialect;
    isDecoded = false;
    textLength = 0;
    firstByteAfterBrace = 0;
    segments = 0;
    parts = 0;
    Arrays.fill(valueRawStarts, -1);
    Arrays.fill(valueRawEnds, -1);
    Arrays.fill(valueTextStarts, 0);
    Arrays.fill(valueTextEnds, 0);
    cacheSaltNullStart = -1;
    parametersGiven = 0;
    inputs = 1;
    hasImages = false;
    includeUsage = false;
    givesIncludeUsage = false;
    streamOptionsStart = -1;
    severalChoices = false;
    stream = false;
    maxOutputTokens = -1;
    topLevelMarker = false;
    markers = 0;
    hourMarkers = 0;
    cacheHints = 0;
    explicitCacheMode = false;
  }
}
