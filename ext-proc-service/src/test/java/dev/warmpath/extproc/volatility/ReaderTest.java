package dev.warmpath.extproc.volatility;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReaderTest {

  /** Reads as if the value as a whole differed. */
  private static Reading read(String before, String value, String behind) {
    byte[] text = (before + value + behind).getBytes(UTF_8);
    int start = before.getBytes(UTF_8).length;
    return Reader.read(text, 0, text.length, start, start + value.getBytes(UTF_8).length, false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CLOCK|2026-11-21T13:58:02Z",
        "CLOCK|2026-11-21T13:58:02.123456+01:00",
        "CLOCK|2026-11-21 13:58:02 UTC",
        "CLOCK|2026/11/21 13:58",
        "CLOCK|Sat, 21 Nov 2026 13:58:02 GMT",
        "CLOCK|Saturday, 21-Nov-26 13:58:02 GMT",
        "CLOCK|Sat Nov 21 13:58:02 UTC 2026",
        "CLOCK|Sat Nov 21 13:58:02 2026",
        "CLOCK|11/21/2026, 1:58 PM",
        "CLOCK|November 21, 2026 at 1:58 PM EST",
        "CLOCK|Nov 21, 2026 1:58:02 p.m.",
        "CLOCK|21.11.2026 13:58 Uhr",
        "CLOCK|21.11.2026, 13:58:02",
        "CLOCK|Samstag, 21. November 2026, 13:58 Uhr",
        "CLOCK|21 novembre 2026 à 13h58",
        "CLOCK|13:58 on Saturday",
        "CLOCK|13:58",
        "CLOCK|9:05 am",
        "CLOCK|5 PM",
        "CLOCK|13.58 Uhr",
        "CLOCK|23:59:59.999 CET",
        "CLOCK|20261121T135802Z",
        "CLOCK|20261121135802",
        "CLOCK|20261121-135802",
        "CLOCK|2026-11-21_13-58-02",
        "CLOCK|23/Aug/2025:16:42:56 +0000",
        "CLOCK|8 de dezembro de 2025 às 13h06",
        "CLOCK|2025年8月1日(金) 10:58",
        "CLOCK|2025年8月2日 星期六 10时46分",
        "CLOCK|上午10:46",
        "CLOCK|2025년 3월 20일 오전 11시 04분",
        "EPOCH|1795269482",
        "EPOCH|1795269482123",
        "EPOCH|1795269482.123",
        "DATE|2026-11-21",
        "DATE|2026/11/21",
        "DATE|21.11.2026",
        "DATE|21.11.26",
        "DATE|11/21/2026",
        "DATE|21/11/2026",
        "DATE|November 21, 2026",
        "DATE|Nov 21 2026",
        "DATE|21st of November 2026",
        "DATE|November 21st, 2026",
        "DATE|21 Nov 2026",
        "DATE|21-Nov-2026",
        "DATE|Saturday, November 21, 2026",
        "DATE|Saturday, 21 November",
        "DATE|Samstag, den 21. März 2026",
        "DATE|21 de noviembre de 2026",
        "DATE|Saturday",
        "DATE|Mittwoch",
        "DATE|2026-W47",
        "DATE|20261121",
        "DATE|November 2026",
        "DATE|Q4 2026",
        "DATE|2026年11月21日",
        "DATE|2025年9月24日星期三",
        "DATE|令和7年9月24日",
        "DATE|2025년 5월 5일 (월)",
        "DATE|3 gennaio 2025",
        "DATE|3 de outubro de 2025",
        "DATE|5 augustus 2025",
        "DATE|lundi 3 février 2025",
        "DATE|3 января 2025",
        "DATE|terça-feira, 4 de março de 2025",
        "UUID|550e8400-e29b-41d4-a716-446655440000",
        "UUID|550E8400-E29B-41D4-A716-446655440000",
        "BARE_UUID|550e8400e29b41d4a716446655440000",
        "HEX_32|550e8400e29b01d4a716446655440000",
        "HEX|8f3a9c01",
        "HEX|0x1f9a33",
        "HEX|0X12AB",
        "TOKEN|01JD8Z4Q2M7Y6W5V4T3S2R1QPN",
        "TOKEN|V1StGXR8_Z5jdHi6B-myT",
        "TOKEN|c2Vzc2lvbi0xMjM0NTY3ODkw",
        "TOKEN|dGhpcyBpcyBhIHRlc3Q/",
        "TOKEN|otter-42",
        "NUMBER|000042",
        "NUMBER|4711",
        "NUMBER|1,204",
        "EMAIL|alice.miller@example.org",
        "EMAIL|katrin.o'neil@example.org",
        "NAME|Alice",
        "NAME|Łukasz",
        "FULL_NAME|Alice Miller",
        "FULL_NAME|Jean-Luc O'Neil",
        "FULL_NAME|Ludwig van Beethoven",
        "FULL_NAME|Dr. Ana Lopez",
        "FULL_NAME|Ayşe Demir",
        "WORDS|Nordwind AG",
        "WORD|cheerful",
        "WORDS|a rather long remark"
      })
  void read_value_isTakenForWhatItIs(String form, String value) {
    Reading reading = read("Here stands ", value, " and more text.");

    assertThat(reading.form()).isEqualTo(Form.valueOf(form));
    assertThat(reading.start()).isEqualTo("Here stands ".length());
  }

  /** Numbers and words that are parts of dates elsewhere. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "The agent |may| grant a refund up to the limit.",
        "Rule |5| may be waived by the desk.",
        "Section 12 |may| apply here.",
        "Under rule 7 you |may| not refund.",
        "In that case 3 |may| suffice.",
        "We |march| on and 4 follow.",
        "The |march| 12 miles long went well.",
        "Customers in the |May| group ask.",
        "The customer is called |April|.",
        "The customer is called |June|.",
        "Greet |May| by her name.",
        "Ask |August| about it.",
        "You talk to |Mai|, who likes tea.",
        "Hello |Juni|, here we are",
        "Her name is |April| Jones.",
        "Sie sprechen mit Frau |März|.",
        "Le client s'appelle |Avril|.",
        "La clienta se llama |Abril|.",
        "Client address |10.8.89.172| asks.",
        "Client address 10.0.|12.26|.7 asks.",
        "Server |10.10.12.26| is down.",
        "Server 172.|16.10.24| is down.",
        "host |192.168.1.12| answers",
        "dns 8.|8.4.12| is set",
        "Running agent build |1.4.13| now.",
        "Running |v1.2.13| now.",
        "Running version |3.11.12| of it.",
        "release |2.10.26| is out",
        "Python |3.11.12| is used",
        "Version: |1.10.24| runs.",
        "Firmware |4.12.20| is installed.",
        "chapter |3.10.12| of the book",
        "Kapitel |3.4.12| beschreibt es.",
        "Abschnitt |5.1.26| gilt.",
        "See chapter |3/4/12| first.",
        "Score |3-4-12| for the team.",
        "Plan costs |12.05.99| units",
        "Tel. 030-|12-10-25|-33 hilft.",
        "tag 1.|12.10.25| of the image",
        "Der Gast sitzt an Tisch |12| am Fenster.",
        "Der Gast sitzt an Tisch |5| am Fenster.",
        "Zimmer |9| am Ende des Flurs",
        "Die Gruppe trifft sich mit |7| am Bahnhof.",
        "Platz |3| am Gang ist frei.",
        "Filiale |11| a. M. hat offen.",
        "Haus |2| am See",
        "Automat: 4.|50| am Automaten zahlen",
        "Platz |1.50| am Rand",
        "You have |week 3| training.",
        "You are in |week 4| of twelve.",
        "Week |12| of your plan starts.",
        "Use rule |set 4| here.",
        "He is |out 5| times.",
        "iPhone |15 Pro| is sold.",
        "The Pro |5| plan is active.",
        "It has LED |12| lights.",
        "gen |3| of the chip",
        "Gen |4| of the chip",
        "an earthquake of mag |7| was felt",
        "3 |days ago| it rained",
        "Wir haben sept |5| Fälle.",
        "Nous avons |sept| clients",
        "Les avis des |12| clients",
        "Der Preis des |5| Sterne Hotels",
        "El mar |3| está en calma",
        "são |dez| clientes",
        "Temos dez |12| caixas",
        "Die |2. des| Monats",
        "Sie |5| Tage später",
        "Kosten pro |3| Tage",
        "ab dem 3. |pro| Quartal",
        "The customer has |18 hours| of support left.",
        "She has |3 hours| left.",
        "Il vous reste |10 heures| de support.",
        "Quedan |18 horas| de soporte.",
        "Restano |5 ore| di assistenza.",
        "Er zijn nog |10 uur| over.",
        "at |3.50| euros each",
        "um |4.50| Euro teurer",
        "a |2.30| € al kilo",
        "还有|3小时|。",
        "本文共|5点|建议",
        "あと|3時間|です。",
        "앞으로 |3시간| 남음",
        "YOU |MAY| 5 TIMES TRY",
        "Step 3. |March| to the door.",
        "Rule 5. |May| I ask for it?",
        "A |segunda| cliente pediu ajuda.",
        "Ele pediu a |quarta| parte.",
        "Peste |3 luni| expiră.",
        "Bu |pazar| büyük.",
        "sudah |5 minggu| lalu",
        "Ticket |2026-101| is open.",
        "You have answered |3 out| of 50 questions today.",
        "This is attempt |3/5/12| now",
        "Order id: |12/10/25|-9",
        "mais |dez| minutos",
        "the ratio is |16:10| here",
        "aspect ratio |16:09| is used"
      })
  void read_wordsAndNumbersOfOtherThings_areNoDates(String before, String value, String behind) {
    assertThat(read(before, value, behind).form()).isNotIn(Form.DATE, Form.CLOCK, Form.EPOCH);
  }

  /** The same words, where more beside them tells that a date is meant. */
  @ParameterizedTest
  @CsvSource({
    "DATE,May 21",
    "DATE,21 May",
    "DATE,21 may 2026",
    "DATE,5. Mai",
    "DATE,5. May 2026",
    "DATE,21st of may",
    "DATE,3 mar 2026",
    "DATE,21-NOV-2026",
    "DATE,'sábado, 21 nov'",
    "DATE,'Sat, 21 nov'",
    "DATE,3 gen 2026",
    "DATE,5. des. 2026",
    "DATE,KW 47",
    "DATE,calendar week 47",
    "DATE,'week 47, 2026'",
    "DATE,Dez 5",
    "DATE,terça-feira",
    "DATE,1er mai",
    "DATE,5 april",
    "DATE,25.12.26",
    "CLOCK,5am",
    "CLOCK,5 am today",
    "CLOCK,9.30 p.m.",
    "CLOCK,10 Uhr",
    "CLOCK,à 10 heures",
    "CLOCK,a las 18 horas",
    "CLOCK,kl. 13.58",
    "CLOCK,下午3点",
    "CLOCK,15時30分",
    "CLOCK,오후 3시"
  })
  void read_aDateInAmbiguousWords_isOneByWhatIsBeside(Form form, String value) {
    assertThat(read("Here stands ", value, " and more text.").form()).isEqualTo(form);
  }

  @Test
  void read_partOfATimeDiffers_readsTheWhole() {
    byte[] text = "now: 2026-11-21T13:58:02Z.".getBytes(UTF_8);

    Reading reading = Reader.read(text, 0, text.length, 22, 24, false);

    assertThat(reading.form()).isEqualTo(Form.CLOCK);
    assertThat(reading.start()).isEqualTo(5);
    assertThat(reading.end()).isEqualTo(25);
  }

  @ParameterizedTest
  @CsvSource({
    "USER,You are talking to ",
    "USER,user: ",
    "USER,'{\"userName\":\"'",
    "USER,User ID: ",
    "ID,Session ID: ",
    "DIGEST,trace=",
    "ID,\"The user's request id is \"",
    "COUNT,This is attempt ",
    "VERSION,Build ",
    "NONE,The weather is ",
    "USER,@",
    "USER,Tu alumna se llama ",
    "USER,当前客人：",
    "USER,お客様のお名前は",
    "COUNT,这是今天第",
    "ID,Message-ID: <",
    "NONE,You help a customer. Interaction ",
    "NONE,'Chat with the customer, no. '"
  })
  void cue_wordsBefore_sayWhatItIs(Cue cue, String before) {
    assertThat(read(before, "4711", "\n").cue()).isEqualTo(cue);
  }

  @ParameterizedTest
  @CsvSource({"USER,様です。", "USER,님", "COUNT,件目の", "NONE,と"})
  void cue_charactersBehind_sayWhatItIs(Cue cue, String behind) {
    assertThat(read("本日", "4711", behind).cue()).isEqualTo(cue);
  }

  @Test
  void read_titleDiffers_readsTheNameBehindIt() {
    byte[] text = "Greet with \"Dear Dr. Trent\".".getBytes(UTF_8);
    int title = 17;

    Reading reading = Reader.read(text, 0, text.length, title, title + 2, false);

    assertThat(reading.form()).isEqualTo(Form.FULL_NAME);
    assertThat(reading.start()).isEqualTo(title);
    assertThat(reading.end()).isEqualTo(title + "Dr. Trent".length());
  }

  @Test
  void read_lineInserted_findsTheValueInIt() {
    String line = "Please note: the time is 13:58.\n";
    byte[] text = (line + "Be kind.").getBytes(UTF_8);

    Reading reading = Reader.read(text, 0, text.length, 0, line.length(), true);

    assertThat(reading.form()).isEqualTo(Form.CLOCK);
    assertThat(reading.start()).isEqualTo(line.indexOf("13:58"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "3|Order 88-|015",
        "6|Order 1.488.|015",
        "3|Order 88 |015",
        "0|Order |88-015",
        "0|On 2026-11-21 |015",
        "0|At 13:58:02 |015",
        "0|Rows 1 2 3 4 5 6 7 8 |015",
        "0|Model b7-|015",
        "0|Order 88-|abc"
      })
  void value_ofANumberInGroups_tellsWhatIsAheadOfIt(int ahead, String before, String value) {
    assertThat(read(before, value, " today").ahead()).isEqualTo(ahead);
  }
}
