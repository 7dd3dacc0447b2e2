# frozen_string_literal: true

require "open3"

# Data exchanged with Python's library, both ways. Its side, and the list of its values, is in fixtures/exchange.py.
RSpec.describe "Python's msgpack" do
  python = "/usr/bin/python3" # Debian's own: the one that python3-msgpack belongs to
  script = File.join(__dir__, "fixtures", "exchange.py")
  there = File.executable?(python) && system(python, "-c", "import msgpack", out: File::NULL, err: File::NULL)

  before { need(there, "Debian's python3-msgpack (apt-get install python3-msgpack)") }

  let(:values) do
    ext = MessagePack::ExtType
    [
      nil, true, false,
      0, 127, 128, 255, 256, 65_535, 65_536, (2**32) - 1, 2**32, 2**63, (2**64) - 1,
      -1, -32, -33, -128, -129, -32_768, -32_769, -(2**31), -(2**31) - 1, -(2**63),
      0.0, 1.5, -2.25, 1e300, 5e-324, Float::INFINITY,
      "", "a", "x" * 31, "x" * 32, "x" * 255, "x" * 256, "x" * 65_535, "x" * 65_536,
      "é\u3072\u{1f37a}",
      "".b, "\x00\xFF".b, ("y" * 255).b, ("y" * 256).b, ("y" * 65_536).b,
      [], [1, [2, [3, []]]], (0...15).to_a, (0...16).to_a, (0...70_000).to_a,
      {}, { "a" => 1, "b" => { "c" => [nil, true] } }, { 1 => "one", nil => "nil", false => 2.5 },
      (0...20).to_h { |number| ["key#{number}", number] },
      ext.new(0, ""), ext.new(5, "a"), ext.new(6, "ab"), ext.new(7, "abcd"), ext.new(8, "abcdefgh"),
      ext.new(9, "z" * 16), ext.new(10, "abc"), ext.new(127, "z" * 255),
      ext.new(11, "z" * 256), ext.new(12, "z" * 65_536),
      [ext.new(1, "in an array")], { "ext" => ext.new(2, "in a map") },
      timestamp([1_514_862_245].pack("N")),
      timestamp([(678_901_234 << 34) | 1_514_862_245].pack("Q>")), timestamp([999_999_999, -1].pack("Nq>"))
    ]
  end

  # Python's Timestamp is extended type -1, which this side holds as it came.
  def timestamp(payload)
    MessagePack::ExtType.from_exttype(-1, payload)
  end

  define_method(:ask_python) do |task, input = ""|
    out, err, status = Open3.capture3(python, script, task, stdin_data: input, binmode: true)
    raise "#{task}: #{status}\n#{err}" unless status.success?

    [out, err]
  end

  # Equal, and of the same classes and encodings: Ruby takes 1.0 for 1, and "".b for "".
  def expect_same(objects)
    expect(objects.size).to eq(values.size)
    objects.zip(values) do |object, value|
      expect(object).to eq(value)
      expect(object.class).to eq(value.class)
      expect(object.encoding).to eq(value.encoding) if value.is_a?(String)
    end
  end

  it "writes what is read here, whole and in pieces" do
    stream, = ask_python("pack")

    expect_same(MessagePack::Unpacker.new.feed(stream).to_a)
    expect_same(MessagePack::Unpacker.new(StringIO.new(stream)).to_a)
    unpacker = MessagePack::Unpacker.new
    pieces = stream.scan(/.{1,11}/mn)
    expect_same(pieces.flat_map { |piece| unpacker.feed_each(piece).to_a })
  end

  it "reads what is written here" do
    stream = values.map { |value| MessagePack.pack(value) }.join

    expect(ask_python("check", stream).first.chomp).to eq("#{values.size} values are equal")
  end

  it "writes the same bytes as are written here" do
    expect(ask_python("pack").first).to eq(values.map { |value| MessagePack.pack(value) }.join)
  end

  it "sends back what it got byte by byte" do
    packer = MessagePack::Packer.new
    values.each { |value| packer.write(value) }
    stream, = ask_python("echo", packer.to_s)

    expect_same(MessagePack::Unpacker.new.feed(stream).to_a)
  end

  it "shares an application's extended type, registered on both sides" do
    moments = { "first" => Time.at(1_433_377_766), "second" => Time.at(0), "third" => Time.at((2**32) - 90_000) }
    packer = MessagePack::Packer.new
    packer.register_exttype(Time, 0x7f) { |time| [time.to_i].pack("N") }
    moments.each { |pair| packer.write(pair) }
    stream, log = ask_python("times", packer.to_s)
    unpacker = MessagePack::Unpacker.new
    unpacker.register_exttype(0x7f) { |_type, data| Time.at(data.unpack1("N")) }

    expect(log.lines.map(&:split)).to eq(moments.map { |name, time| [name, time.to_i.to_s] })
    expect(unpacker.feed(stream).to_h).to eq(moments.transform_values { |time| time + 86_400 })
  end
end
