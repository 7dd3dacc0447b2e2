# frozen_string_literal: true

RSpec.describe "msgpack-ext inspect" do
  def lines_of(bytes, *options) = output_of("inspect", *options, input: bytes.b).lines(chomp: true)

  # Status 1, the complaint, and what was printed before it.
  def broken(bytes)
    answer = command("inspect", input: bytes.b)
    expect(answer.status).to eq(1)
    answer
  end

  it "shows offset, byte, type, length and value of all that is in a stream" do
    bytes = MessagePack.pack({ "id" => 1000, "list" => [nil, -1] }) + MessagePack.pack([])
    expect(output_of("inspect", input: bytes)).to eq(<<~TEXT.gsub(/^\|/, ""))
      |         0  82    fixmap                    2  map of 2 pairs
      |         1  a2    fixstr                    2    "id"
      |         4  cd    uint 16                        => 1000
      |         7  a4    fixstr                    4    "list"
      |        12  92    fixarray                  2    => array of 2 elements
      |        13  c0    nil                              [0] nil
      |        14  ff    negative fixint                  [1] -1
      |        15  90    fixarray                  0  array of 0 elements
    TEXT
  end

  it "shows containers as keys, and what follows them" do
    texts = lines_of("\x81\x91\x81\x01\x02\x91\x03").map { |line| line[47..] }
    expect(texts).to eq(["map of 1 pair", "  array of 1 element", "    [0] map of 1 pair", "      1", "      => 2",
                         "  => array of 1 element", "    [0] 3"])
  end

  # What a value of zeros is, as an Unpacker has it.
  def zeros(value, byte)
    case value
    when MessagePack::ExtType then "type 0 <#{zero_bytes(value.data)}>"
    when Array then "array of #{value.size} "
    # All keys are the same.
    when Hash then "map of #{byte < 0x90 ? byte & 0x0f : 0} "
    when String then value.encoding == Encoding::BINARY ? "<#{zero_bytes(value)}>" : value.inspect
    else value.inspect
    end
  end

  def zero_bytes(string) = Array.new(string.bytesize, "00").join(" ")

  [*0x00..0xc0, *0xc2..0xff].each do |byte|
    it format("understands the first byte 0x%02x as an Unpacker does", byte) do
      bytes = [byte].pack("C") + ("\x00" * 40).b
      unpacker = MessagePack::Unpacker.new.feed(bytes)
      value = unpacker.read
      first, *rest = lines_of(bytes.byteslice(0, unpacker.tell))
      expect(first).to start_with(format("         0  %02x    ", byte))
      expect(first[47..]).to start_with(zeros(value, byte))
      # Containers alone have more lines, zeros all of them, to the end.
      expect(rest.map { |line| line[47..] }).to all(end_with(" 0"))
      expect(rest.last.to_i).to eq(unpacker.tell - 1) if rest.any?
    end
  end

  it "has a name for each type" do
    names = { "00" => "positive fixint", "80" => "fixmap", "90" => "fixarray", "a0" => "fixstr", "c0" => "nil",
              "c2" => "false", "c3" => "true", "c4 00" => "bin 8", "c5 00 00" => "bin 16",
              "ca 40 00 00 00" => "float 32",
              "cc 00" => "uint 8", "d0 00" => "int 8", "d4 00 00" => "fixext 1", "c7 00 00" => "ext 8",
              "d9 00" => "str 8", "dc 00 00" => "array 16", "de 00 00" => "map 16", "e0" => "negative fixint" }
    lines = lines_of(names.keys.map { |digits| hex(digits) }.join)
    expect(lines.map { |line| line[18, 15].rstrip }).to eq(names.values)
  end

  describe "values" do
    {
      "ca 40 20 00 00" => "2.5", "cb 7f f8 00 00 00 00 00 00" => "NaN", "cb ff f0 00 00 00 00 00 00" => "-Infinity",
      "cf ff ff ff ff ff ff ff ff" => "18446744073709551615", "d3 80 00 00 00 00 00 00 00" => "-9223372036854775808",
      "d0 80" => "-128", "d1 ff 00" => "-256", "d2 80 00 00 00" => "-2147483648",
      "c4 03 00 61 ff" => "<00 61 ff>", "d6 05 01 02 03 04" => "type 5 <01 02 03 04>", "c7 00 80" => "type -128 <>",
      "a4 1b 5b 33 6d" => '"\e[3m"', "a2 c2 9b" => '"\u009B"', "a2 61 0a" => '"a\n"',
      "a3 61 ff 62" => '"a\xFFb" (invalid UTF-8)',
      "d6 ff 00 00 00 01" => "timestamp 1970-01-01T00:00:01Z",
      "d7 ff 00 00 00 04 00 00 00 01" => "timestamp 1970-01-01T00:00:01.000000001Z",
      "c7 0c ff 1d cd 65 00 80 00 00 00 00 00 00 00" => "timestamp -292277022657-01-27T08:29:52.5Z",
      "d7 ff ff ff ff ff ff ff ff ff" =>
        "type -1 <ff ff ff ff ff ff ff ff> (no timestamp: wrong length or nanoseconds)",
      "d4 ff 00" => "type -1 <00> (no timestamp: wrong length or nanoseconds)"
    }.each do |digits, text|
      it "shows #{digits} as #{text}" do
        expect(lines_of(hex(digits)).map { |line| line[47..] }).to eq([text])
      end
    end

    it "are cut when they are long, between characters" do
      expect(lines_of(MessagePack.pack("ü" * 5), "--cut", "5").first).to end_with("  #{"üü".inspect}... 6 bytes more")
      expect(lines_of(MessagePack.pack("ü" * 5), "--cut", "10").first).to end_with("  #{("ü" * 5).inspect}")
      expect(lines_of(MessagePack.pack("x" * 100_000)).first).to end_with("\"#{"x" * 64}\"... 99936 bytes more")
      expect(lines_of(MessagePack.pack("\x01".b * 3), "--cut", "2").first).to end_with("<01 01>... 1 bytes more")
    end
  end

  it "says that empty input is empty" do
    expect(output_of("inspect")).to eq("(no objects: the input is empty)\n")
  end

  describe "malformed input" do
    it "is shown up to the byte that breaks, with the bytes around it" do
      answer = broken("#{"\x00" * 20}\x92\x01\xC1rest of the file".b)
      expect(answer.stdout.lines.size).to eq(23)
      expect(answer.stdout.lines.last).to match(/\A +22  c1 +broken here\n\z/)
      *dump, message = answer.stderr.lines(chomp: true)
      expect(dump).to eq(
        ["         0   00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  |................|",
         "        16   00 00 00 00 92 01[c1]72 65 73 74 20 6f 66 20 74  |.......rest of t|",
         "        32   68 65 20 66 69 6c 65                             |he file|"]
      )
      expect(message).to start_with("msgpack-ext: standard input: byte 22 (0x16): found 0xc1, which MessagePack")
        .and include("the file is damaged")
    end

    it "is shown with what is around it however far inside it is" do
      answer = broken(MessagePack.pack("x" * 65_520) + hex("#{"07" * 40} c1 #{"08" * 40}"))
      expect(answer.stderr).to include("found 0xc1", "07[c1]08").and match(/^ +65520   78 78 78 07 07 /)
    end

    it "puts both brackets around the last byte of a row" do
      expect(broken("#{"\x07" * 15}\xC1".b).stderr).to include(" 07[c1] |")
      expect(broken("\xC1\x01").stderr).to include("[c1]01")
    end

    {
      "92 01" => "within the array that begins at byte 0: it announces 2 elements, 1 are there",
      "82 01 02 03" => "within the map that begins at byte 0: it announces 2 pairs, 1 are there",
      "91 82 01" => "within the map that begins at byte 1: it announces 2 pairs, 0 are there",
      "01 cd 01" => "within the header of uint 16, which takes 3 bytes, that begins at byte 1",
      "c7 01" => "within the header of ext 8, which takes 3 bytes, that begins at byte 0",
      "00 a3 61" => "within the fixstr of 3 bytes, of which 1 are there, that begins at byte 1",
      "dd ff ff ff ff 01" => "it announces 4294967295 elements, 1 are there",
      "df ff ff ff ff" => "it announces 4294967295 pairs, 0 are there",
      "db ff ff ff ff 61" => "the str 32 of 4294967295 bytes, of which 1 are there",
      "c9 ff ff ff ff 05" => "the ext 32 of 4294967295 bytes, of which 0 are there"
    }.each do |digits, text|
      it "that ends as #{digits} is said to" do
        answer = broken(hex(digits))
        expect(answer.stderr).to include("byte #{hex(digits).bytesize} ", "the input ends", text, "get the whole file")
        expect(answer.stdout.lines.last).to match(/\A *#{hex(digits).bytesize}  end +broken here\n\z/)
      end
    end

    it "is found wherever a document is cut" do
      bytes = MessagePack.pack({ "a" => [1.5, "text", "\xFF".b], nil => MessagePack::ExtType.new(5, "abc") })
      (1...bytes.bytesize).each do |length|
        expect(broken(bytes.byteslice(0, length)).stderr).to include("byte #{length} ", "the input ends within")
      end
    end

    it "is what an Unpacker takes for it, too" do
      random = Random.new(20_240_506)
      200.times do
        bytes = random.bytes(1 + random.rand(12)).tr("\x00-\x7f".b, "\x80-\xdf".b)
        unpacker = MessagePack::Unpacker.new.feed(bytes)
        done = 0
        fine = begin
          unpacker.each { done = unpacker.tell }
          done == bytes.bytesize
        rescue MessagePack::MalformedFormatError
          false
        end
        expect([bytes, command("inspect", input: bytes).status]).to eq([bytes, fine ? 0 : 1])
      end
    end
  end

  describe "deep nesting" do
    it "is followed, with lines that don't get longer for ever" do
      lines = lines_of("#{"\x91" * 1000}\xC0")
      expect(lines.size).to eq(1001)
      expect(lines.last).to match(/ 1000  c0    nil +\(level 1000\) \[0\] nil\z/)
      expect(lines.map(&:size).max).to be < 200
    end

    it "is followed through 100,000 levels", :slow do
      lines = lines_of("#{"\x81" * 100_000}#{"\xC0" * 100_001}".b)
      expect(lines.size).to eq(200_001)
      expect(lines[100_000]).to end_with("(level 100000) nil")
      expect(lines.last).to end_with("  => nil")
    end
  end
end
