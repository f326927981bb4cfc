package dev.warmpath.extproc.logs;

import dev.warmpath.extproc.logs.Request.Call;
import dev.warmpath.extproc.logs.Request.Image;
import dev.warmpath.extproc.logs.Request.Message;
import dev.warmpath.extproc.logs.Request.Part;
import dev.warmpath.extproc.logs.Request.Result;
import dev.warmpath.extproc.logs.Request.Text;
import dev.warmpath.extproc.logs.Request.Tool;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One user's conversation: it grows by a turn before each request, and repeats all before. */
final class Conversation {

  private static final DateTimeFormatter SENT =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

  /**
   * How users write.
   *
   * @param tools share of the model's turns that call one
   * @param images share of users' messages that bring an image of their own
   * @param documents share of users' messages that quote passages before the question
   * @param stamped whether the application puts the time before each message of a user
   * @param pasting what users paste into their messages, and what tools find
   */
  record Manner(double tools, double images, double documents, boolean stamped, Pasting pasting) {

    Manner(double tools, double images, double documents, boolean stamped) {
      this(tools, images, documents, stamped, Pasting.NONE);
    }
  }

  final int number;
  final int user;
  final Instant start;
  private final Domain domain;
  private final List<Tool> tools;
  private final Manner manner;
  private final Draw draw;
  private final List<Message> history = new ArrayList<>();
  private int turn = -1;
  private int turnsLeft;

  Conversation(
      int number,
      int user,
      Instant start,
      Application application,
      Manner manner,
      int turns,
      Draw draw) {
    this.number = number;
    this.user = user;
    this.start = start;
    domain = application.domain();
    tools = application.tools();
    this.manner = manner;
    turnsLeft = turns;
    this.draw = draw;
  }

  int turn() {
    return turn;
  }

  boolean isOver() {
    return turnsLeft == 0;
  }

  /** Grows up to the next request; its history is the caller's to keep. */
  List<Message> next(Instant now) {
    if (!history.isEmpty()) {
      if (!tools.isEmpty() && draw.chance(manner.tools())) {
        call(now);
      } else {
        history.add(Message.of("assistant", answer(now)));
        history.add(question(now));
      }
    } else {
      history.add(question(now));
    }
    turn++;
    turnsLeft--;
    return List.copyOf(history);
  }

  private Message question(Instant now) {
    Pasting pasting = manner.pasting();
    if (!pasting.isNone() && draw.chance(pasting.share())) {
      return new Message("user", pasting.parts(draw, now));
    }
    StringBuilder text = new StringBuilder();
    if (manner.stamped()) {
      text.append('[').append(SENT.format(now)).append("] ");
    }
    if (draw.chance(manner.documents())) {
      text.append("Context:\n");
      int number = 1;
      for (String passage : draw.some(domain.passages(), draw.between(2, 5))) {
        text.append('[').append(number++).append("] ").append(passage).append('\n');
      }
      text.append("\nQuestion: ");
    }
    text.append(draw.fill(draw.pick(domain.questions()), now));
    for (int more = draw.below(3); more > 0; more--) {
      text.append(draw.pick(" ", "\n")).append(draw.fill(draw.pick(domain.questions()), now));
    }
    List<Part> parts = new ArrayList<>();
    parts.add(new Text(text.toString()));
    if (draw.chance(manner.images())) {
      parts.add(image(draw));
    }
    return new Message("user", parts);
  }

  static Image image(Draw draw) {
    return draw.chance(0.5)
        ? new Image(
            "image/png", "iVBORw0KGgoAAAANSUhEUgAA" + draw.base64(3 * draw.between(60, 500)))
        : new Image(
            "image/jpeg", "/9j/4AAQSkZJRgABAQAAAQAB" + draw.base64(3 * draw.between(60, 500)));
  }

  private String answer(Instant now) {
    StringBuilder text = new StringBuilder(draw.fill(draw.pick(domain.answers()), now));
    for (int more = draw.below(4); more > 0; more--) {
      text.append(' ').append(draw.fill(draw.pick(domain.answers()), now));
    }
    if (draw.chance(0.15)) {
      text.append("\n\n").append(draw.pick(domain.passages()));
    }
    return text.toString();
  }

  private void call(Instant now) {
    Tool tool = draw.pick(tools);
    String id = "call_" + draw.base62(20);
    Map<String, Object> arguments =
        Format.object("query", draw.fill("{word} {code}", now), "limit", draw.between(1, 9));
    history.add(new Message("assistant", List.of(new Call(id, tool.name(), arguments))));
    if (!manner.pasting().isNone()) {
      String found = manner.pasting().material(draw, now);
      history.add(new Message("tool", List.of(new Result(id, tool.name(), found))));
      return;
    }
    StringBuilder text =
        new StringBuilder(
            draw.fill("{\"status\":\"ok\",\"fetched_at\":\"{stamp}\",\"trace\":\"{uuid}\"", now));
    text.append(",\"rows\":[");
    for (int rows = draw.between(1, 8); rows > 0; rows--) {
      text.append(
          draw.fill("{\"id\":{id},\"who\":\"{name}\",\"at\":\"{time}\",\"what\":\"{word}\"}", now));
      text.append(rows > 1 ? "," : "");
    }
    text.append("]}");
    history.add(new Message("tool", List.of(new Result(id, tool.name(), text.toString()))));
  }
}
