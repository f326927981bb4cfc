package dev.warmpath.extproc.prefix;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The scan and the keys of one request, beside Jackson's streaming parser, which finds tokens but
 * keeps nothing of them. To be run by JMH's own {@code org.openjdk.jmh.Main} on the test class
 * path.
 */
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ScanBenchmark {

  private static final String[] SENTENCES = {
    "The deployment finished, but two of the pods did not become ready. ",
    "Please look at the log below and tell me which setting is wrong.\\n",
    "    if (value == null) {\\n"
        + "      throw new IllegalStateException(\\\"no value\\\");\\n"
        + "    }\\n",
    "Die Größe des Puffers wird in Bytes angegeben; der Vorgabewert genügt meistens. ",
    "In general, retrieval works best when the documents are ordered by relevance. ",
    "設定ファイルを確認してください。",
  };

  @Param({"16384", "262144", "4194304"})
  private int bodyBytes;

  @Param({"OPENAI_CHAT", "ANTHROPIC_MESSAGES"})
  private Dialect dialect = Dialect.OPENAI_CHAT;

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(8 << 20, 128, 100_000));
  private final PrefixHasher hasher =
      new PrefixHasher(new KeyRing(new byte[32], new byte[32]), 2048, 8192);
  private final Scope scope = new Scope(Scope.Lane.POOL, "pool", "model");
  private final Prompt prompt = new Prompt();
  private final PrefixChain chain = new PrefixChain();
  private final JsonFactory jackson = new JsonFactory();
  private byte[] body = {};

  @Setup
  public void write() {
    body = body(bodyBytes, dialect);
    if (scanner.scan(body, body.length, dialect, prompt) != Verdict.OK) {
      throw new IllegalStateException("the body should be sound");
    }
  }

  /** A conversation of an agent, of about so many bytes: a fifth of it is the system prompt. */
  static byte[] body(int bytes, Dialect dialect) {
    Random random = new Random(1);
    StringBuilder text = new StringBuilder("{\"model\":\"m\",\"stream\":true,");
    String system = text(bytes / 5, random);
    switch (dialect) {
      case OPENAI_CHAT ->
          text.append("\"messages\":[{\"role\":\"system\",\"content\":\"")
              .append(system)
              .append("\"}");
      case ANTHROPIC_MESSAGES ->
          text.append("\"system\":\"").append(system).append("\",\"messages\":[");
      case OPENAI_COMPLETIONS, OPENAI_RESPONSES, OPENAI_EMBEDDINGS, BEDROCK_CONVERSE, GEMINI ->
          throw new IllegalArgumentException(dialect + " (expected: chat or messages)");
    }
    while (text.length() < bytes) {
      if (text.charAt(text.length() - 1) == '}') {
        text.append(',');
      }
      String words = text(200 + random.nextInt(1800), random);
      switch (dialect) {
        case OPENAI_CHAT ->
            text.append("{\"role\":\"user\",\"content\":\"").append(words).append("\"}");
        case ANTHROPIC_MESSAGES ->
            text.append("{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"")
                .append(words)
                .append("\"}]}");
        case OPENAI_COMPLETIONS, OPENAI_RESPONSES, OPENAI_EMBEDDINGS, BEDROCK_CONVERSE, GEMINI -> {}
      }
    }
    return text.append("]}").toString().getBytes(UTF_8);
  }

  private static String text(int length, Random random) {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append(SENTENCES[random.nextInt(SENTENCES.length)]);
    }
    return text.toString();
  }

  @Benchmark
  public Verdict scan() {
    return scanner.scan(body, body.length, dialect, prompt);
  }

  @Benchmark
  public long scanAndHash() {
    Verdict verdict = scanner.scan(body, body.length, dialect, prompt);
    hasher.chain(prompt, scope, chain);
    return verdict == Verdict.OK ? chain.keyConversation() : 0;
  }

  @Benchmark
  public int jacksonTokens() throws IOException {
    int tokens = 0;
    try (JsonParser parser = jackson.createParser(body)) {
      while (parser.nextToken() != null) {
        tokens++;
      }
    }
    return tokens;
  }

  /** As above, with the strings decoded. */
  @Benchmark
  public int jacksonTexts() throws IOException {
    int characters = 0;
    try (JsonParser parser = jackson.createParser(body)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.VALUE_STRING) {
          characters += parser.getTextLength();
        }
      }
    }
    return characters;
  }
}
