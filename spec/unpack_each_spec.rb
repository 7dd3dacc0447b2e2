# frozen_string_literal: true

require "stringio"
require "tempfile"

RSpec.describe MessagePack, ".unpack_each" do
  let(:objects) { [1, "two", { "three" => [3.5, nil] }, []] }
  let(:bytes) { objects.map { |object| described_class.pack(object) }.join }

  def each_of(source, *options, **keywords)
    [].tap { |seen| described_class.unpack_each(source, *options, **keywords) { |object| seen << object } }
  end

  it "yields every object of a String, and gives nil" do
    expect(each_of(bytes)).to eq(objects)
    expect(described_class.unpack_each(bytes) { |object| object }).to be_nil
    expect(each_of("")).to eq([])
  end

  it "yields every object of an IO, whatever pieces it gives" do
    [1, 2, 7, 1000].each { |size| expect(each_of(ScriptedIO.new(*bytes.scan(/.{1,#{size}}/mn)))).to eq(objects) }
    Tempfile.create("objects") do |file|
      file.binmode.write(bytes)
      file.rewind
      expect(each_of(file)).to eq(objects)
    end
  end

  it "takes what has to_str" do
    source = Object.new
    def source.to_str = "\x01\xA1a".b
    expect(each_of(source)).to eq([1, "a"])
  end

  it "is an Enumerator without a block, which reads no more than is asked for" do
    expect(described_class.unpack_each(bytes)).to be_an(Enumerator).and have_attributes(size: nil)
    expect(described_class.unpack_each(bytes).to_a).to eq(objects)
    io = ScriptedIO.new("\x01", "\x02", IOError.new("too far"))
    expect(described_class.unpack_each(io).lazy.map { |n| n * 10 }.first(2)).to eq([10, 20])
  end

  it "takes the options of an Unpacker" do
    symbols = { three: [3.5, nil] }
    expect(each_of(bytes, symbolize_keys: true)[2]).to eq(symbols)
    expect(each_of(bytes, { symbolize_keys: true })[2]).to eq(symbols)
    expect(described_class.unpack_each(bytes, freeze: true).to_a).to all(be_frozen)
    expect { each_of(bytes, max_str_len: 2) }.to raise_error(MessagePack::LimitError) { |e| expect(e.offset).to eq(1) }
  end

  it "makes of extended types what unpack makes of them" do
    described_class::Unpacker.register_exttype(77) { |_, data| "global #{data}" }
    extended = described_class.pack(described_class::ExtType.new(77, "a"))
    expect(each_of(extended * 2)).to eq([described_class.unpack(extended)] * 2).and eq(["global a"] * 2)
  ensure
    described_class::Unpacker.register_exttype(77, nil)
  end

  it "raises after the last whole object if another one has begun" do
    { "01 a2 61" => 1, "01 91" => 2, "01 92 05" => 3, "01 d4" => 1, "01 dd 00" => 1 }.each do |digits, offset|
      [hex(digits), ScriptedIO.new(hex(digits))].each do |source|
        seen = []
        expect { described_class.unpack_each(source) { |object| seen << object } }
          .to raise_error(MessagePack::UnderflowError) { |error| expect(error.offset).to eq(offset), digits }
        expect(seen).to eq([1])
      end
    end
  end

  it "raises where the bytes are malformed, behind what was whole" do
    seen = []
    expect { described_class.unpack_each(hex("01 02 c1 03")) { |object| seen << object } }
      .to raise_error(MessagePack::MalformedFormatError) { |error| expect(error.offset).to eq(2) }
    expect(seen).to eq([1, 2])
  end

  it "may be left by break, and lets the block's errors out" do
    expect(described_class.unpack_each(bytes) { |object| break object }).to eq(1)
    expect { described_class.unpack_each(bytes) { raise EOFError, "mine" } }.to raise_error(EOFError, "mine")
  end

  it "refuses what is no source" do
    expect { described_class.unpack_each(nil) { |object| object } }.to raise_error(MessagePack::UnderflowError)
    [5, :symbol, []].each do |source|
      expect { described_class.unpack_each(source) { |object| object } }.to raise_error(TypeError), source.inspect
    end
  end

  it "is a private method of whoever includes the module" do
    includer = Class.new { include MessagePack }.new
    expect(includer.send(:unpack_each, "\x01").to_a).to eq([1])
    expect { includer.unpack_each("\x01") }.to raise_error(NoMethodError)
  end
end
