package dev.warmpath.extproc.logs;

import java.time.Instant;

/** What a user pastes: somebody else's text, new each time. */
enum Material {
  ACCESS_LOG,
  APPLICATION_LOG,
  JSON_RECORDS,
  CSV,
  MARKDOWN_TABLE,
  CHAT,
  MAIL,
  DIFF,
  STACK_TRACE,
  SQL_RESULT,
  CLUSTER,
  BANK_STATEMENT,
  OWN_WORDS,
  DOCUMENT;

  /**
   * @param habit what all texts of one source have in common: format, language, columns
   */
  String make(Draw habit, Draw draw, Instant now) {
    return switch (this) {
      case ACCESS_LOG -> Machines.accessLog(habit, draw, now);
      case APPLICATION_LOG -> Machines.applicationLog(habit, draw, now);
      case JSON_RECORDS -> Rows.draw(habit, draw, now).json(habit, draw);
      case CSV -> Rows.draw(habit, draw, now).csv(habit);
      case MARKDOWN_TABLE -> Rows.draw(habit, draw, now).markdown(habit);
      case CHAT -> Writings.chat(habit, draw, now);
      case MAIL -> Writings.mail(habit, draw, now);
      case DIFF -> Machines.diff(habit, draw, now);
      case STACK_TRACE -> Machines.stackTrace(habit, draw, now);
      case SQL_RESULT -> Rows.draw(habit, draw, now).sqlResult(habit, draw, now);
      case CLUSTER -> Machines.cluster(habit, draw, now);
      case BANK_STATEMENT -> Rows.statement(habit, draw, now);
      case OWN_WORDS -> Writings.ownWords(draw, now);
      case DOCUMENT -> Writings.document(habit, draw, now);
    };
  }
}
