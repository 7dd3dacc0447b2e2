# frozen_string_literal: true

# A message that is one object of a registered class and nothing else.
RSpec.describe MessagePack::Factory, "#load of a lone object" do
  subject(:factory) { described_class.new }

  let(:klass) { Class.new }

  def register(&handler)
    factory.register_type(5, klass, packer: nil, unpacker: handler)
  end

  # Every header that an extended type can have, and every length around those of the fixed forms.
  def self.messages
    [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 23, 24, 255, 256, 65_535, 65_536].flat_map do |len|
      fixed = { 1 => 0xd4, 2 => 0xd5, 4 => 0xd6, 8 => 0xd7, 16 => 0xd8 }[len]
      headers = [[0xc9, len, 5].pack("CNc")]
      headers << [0xc8, len, 5].pack("Cnc") if len < 65_536
      headers << [0xc7, len, 5].pack("CCc") if len < 256
      headers << [fixed, 5].pack("Cc") if fixed
      headers.map { |header| [header, len] }
    end
  end

  messages.each do |header, len|
    it "hands over #{len} bytes behind #{header.unpack1("H*")}" do
      given = []
      register { |payload| given << payload }
      payload = Random.new(len).bytes(len)
      expect(factory.load(header + payload)).to be(given)
      expect(given).to eq([payload])
      expect(given.first).to have_attributes(encoding: Encoding::BINARY, frozen?: false)
    end
  end

  let(:message) { "\xd6\x05abcd".b }

  it "tells what is missing of one that is cut anywhere, and calls nobody" do
    register { |_| raise "called" }
    messages = [message, "\xc7\x04\x05abcd".b, "\xc8\x00\x04\x05abcd".b, "\xc9\x00\x00\x00\x04\x05abcd".b]
    messages.each do |whole|
      (1...whole.bytesize).each do |len|
        expect { factory.load(whole.byteslice(0, len)) }.to raise_error(MessagePack::UnderflowError)
      end
    end
  end

  it "tells of bytes that are left over" do
    register(&:itself)
    expect { factory.load("#{message}\x01") }.to raise_error(MessagePack::MalformedFormatError, /1 byte/)
  end

  it "leaves the payload as it is when the handler changes the message" do
    register do |payload|
      message.replace("x" * 100)
      GC.start
      payload
    end
    expect(factory.load(message)).to eq("abcd")
  end

  it "leaves the message as it is when the handler changes the payload" do
    register { |payload| payload << ("x" * 100) }
    expect(factory.load(message)).to eq("abcd#{"x" * 100}")
    expect(message).to eq("\xd6\x05abcd".b)
  end

  it "calls the handler that was registered when the call began, whatever that registers" do
    register do |payload|
      factory.register_type(5, klass, packer: nil, unpacker: lambda(&:upcase))
      GC.start
      payload
    end
    expect(factory.load(message)).to eq("abcd")
    expect(factory.load(message)).to eq("ABCD")
  end

  it "can be called by its own handler" do
    register { |payload| payload == "abcd" ? [factory.load("\xd4\x05!".b), payload] : payload }
    expect(factory.load(message)).to eq(%w[! abcd])
  end

  it "passes on what the handler raises or throws, and reads the next message" do
    calls = [-> { raise KeyError, "no" }, -> { throw :out, 7 }, -> { 8 }]
    register { |_| calls.shift.call }
    expect { factory.load(message) }.to raise_error(KeyError, "no")
    expect(catch(:out) { factory.load(message) }).to eq(7)
    expect(factory.load(message)).to eq(8)
  end

  it "gives an error of this library's the offset of the object" do
    register { |_| raise MessagePack::MalformedFormatError, "bad" }
    expect { factory.load(message) }.to raise_error(MessagePack::MalformedFormatError) { |error|
      expect(error.offset).to eq(0)
    }
  end

  it "calls a method by its name, and an object with call" do
    klass.define_singleton_method(:of) { |payload| [self, payload] }
    factory.register_type(5, klass, packer: nil, unpacker: :of)
    expect(factory.load(message)).to eq([klass, "abcd"])
    callable = Struct.new(:name) { def call(payload) = name + payload }.new("x")
    factory.register_type(5, klass, packer: nil, unpacker: callable)
    expect(factory.load(message)).to eq("xabcd")
  end

  it "leaves what the handler makes as it is, whatever the options" do
    register { |payload| { payload => [payload] } }
    made = factory.load(message, freeze: true, symbolize_keys: true)
    expect(made).to eq("abcd" => ["abcd"])
    expect(made["abcd"].first).not_to be_frozen
    expect(made).not_to be_frozen
  end

  it "keeps to the limits" do
    register(&:itself)
    expect { factory.load(message, max_ext_len: 3) }.to raise_error(MessagePack::LimitError)
    expect(factory.load(message, max_ext_len: 4)).to eq("abcd")
  end
end
