# frozen_string_literal: true

RSpec.describe "msgpack-ext stats" do
  def stats(bytes) = output_of("stats", input: bytes.b)

  # The bytes of JSON that it counts.
  def json_size(bytes) = Integer(stats(bytes)[/^as JSON +([\d,]+) bytes/, 1].delete(","))

  let(:document) do
    { "id" => 70_000, "list" => [[1.5], nil, true], "blob" => "\xFF".b * 300, 5 => MessagePack::ExtType.new(7, "abc") }
  end

  it "counts and measures all that is in a stream" do
    bytes = MessagePack.pack(document) + MessagePack.pack("x" * 40)
    expect(stats(bytes)).to eq(<<~TEXT)
      bytes     384
      objects   2
      values    14
      levels    3, at byte 15
      as JSON   #{output_of("to-json", input: bytes).bytesize} bytes (140.4 %)

      object sizes
      smallest  42 bytes
      largest   342 bytes, at byte 0
        16 to 63 bytes                             1
        256 to 1,023 bytes                         1

      types                                    count             bytes
        bin 16                                     1               303  (78.9 %)
        str 8                                      1                42  (10.9 %)
        fixstr                                     3                13   (3.4 %)
        float 64                                   1                 9   (2.3 %)
        ext 8                                      1                 6   (1.6 %)
        uint 32                                    1                 5   (1.3 %)
        fixarray                                   2                 2   (0.5 %)
        fixmap                                     1                 1   (0.3 %)
        nil                                        1                 1   (0.3 %)
        positive fixint                            1                 1   (0.3 %)
        true                                       1                 1   (0.3 %)
        extended type 7                            1

      longest payloads
        at byte 32                         300 bytes            bin 16
        at byte 342                         40 bytes             str 8
        at byte 9                            4 bytes            fixstr
        at byte 27                           4 bytes            fixstr
        at byte 336                          3 bytes             ext 8

      largest containers
        at byte 0                          4 entries            fixmap
        at byte 14                         3 entries          fixarray
        at byte 15                         1 entries          fixarray

    TEXT
  end

  it "keeps the biggest five, of the same size the first" do
    sizes = [3, 9, 1, 9, 5, 7, 2, 9]
    bytes = sizes.map { |size| MessagePack.pack("x" * size) }.join
    offsets = sizes.each_index.map { |index| sizes.first(index).sum { |size| size + 1 } }
    expect(stats(bytes)[/longest payloads\n(.*?)\n\n/m, 1].scan(/at byte (\d+) +(\d+) bytes/))
      .to eq([[1, 9], [3, 9], [7, 9], [5, 7], [4, 5]].map { |index, size| [offsets[index].to_s, size.to_s] })
  end

  it "says that empty input is empty" do
    expect(stats("")).to start_with("bytes     0\nobjects   0\nvalues    0\nlevels    0\nas JSON   0 bytes\n")
  end

  describe "what JSON would take" do
    it "is that of the whole objects where the input breaks, whatever a header announces" do
      { "\xDF\xFF\xFF\xFF\xFF\xC1" => "", "\x92\x01\x02\x92\x01\xC1" => "[1,2]\n", "\x91\x01\x92\x01" => "[1]\n",
        "\x91\x01\x07\xC1" => "[1]\n7\n", "\x07\x91\x01\xA5a" => "7\n[1]\n", "\xC1" => "" }.each do |bytes, whole|
        report, written = %w[stats to-json].map { |name| command(name, "-", input: bytes.b) }
        expect(written).to have_attributes(status: 1, stdout: whole)
        expect(report.status).to eq(1)
        expect(report.stdout)
          .to match(/^objects   #{whole.lines.size}$.*^as JSON   #{whole.bytesize} bytes/m), bytes.inspect
      end
    end

    values = [
      nil, true, false, 0, -1, (2**64) - 1, 1.5, -0.0, 1e20, Float::NAN, -Float::INFINITY, "", "plain",
      "ü\"\\\n\b\u0001\u007F",
      "a\xFF", "", "\x00".b, "\x00\x01".b, "\xFF".b * 100, "x" * 200_000, [], [1], [1, [2, []]], {}, { "a" => 1 },
      { "a" => 1, "b" => { "c" => [] } }, { 1 => 2, "a" => 3 }, { nil => { 1.5 => 2 } }, { "$bin" => 1 },
      { "$bin" => 1, "$map" => 2 }, { "a\xFF" => "b" }, { [1] => { "b" => [{}] } }, { "\xFF".b => 1 },
      MessagePack::ExtType.new(5, ""), MessagePack::ExtType.new(100, "abcd"),
      MessagePack::ExtType.from_exttype(-1, [1, 2].pack("NN")), MessagePack::ExtType.from_exttype(-1, "?"),
      MessagePack::ExtType.from_exttype(-1, [500_000_000, -1].pack("Nq>")), { MessagePack::ExtType.new(5, "") => 1 }
    ]

    values.each_with_index do |value, index|
      it "is what to-json writes, for value #{index} (#{value.class})" do
        bytes = MessagePack.pack([value, value])
        expect(json_size(bytes)).to eq(output_of("to-json", input: bytes).bytesize)
      end
    end

    it "is that of all objects, a line each" do
      bytes = values.map { |value| MessagePack.pack(value) }.join
      expect(json_size(bytes)).to eq(output_of("to-json", input: bytes).bytesize)
    end
  end

  it "counts what is before a fault, and gives status 1" do
    answer = command("stats", input: MessagePack.pack([1, 2]) + "\x92\x03\xC1".b)
    expect(answer.status).to eq(1)
    expect(answer.stdout).to start_with("bytes     5\nobjects   1\nvalues    5\n")
    expect(answer.stderr).to include("byte 5 (0x5): found 0xc1")
  end

  it "follows 100,000 levels" do
    expect(stats("#{"\x91" * 100_000}\xC0")).to include("\nlevels    100,000, at byte 99999\n")
  end

  it "gives up at a million levels", :slow do
    answer = command("stats", input: "\x91".b * 1_000_001)
    expect(answer).to have_attributes(status: 1, stdout: /^levels    1,000,000, at byte 999999$/)
    expect(answer.stderr).to include("byte 1000000 ", "nesting deeper than 1000000 levels")
  end
end
