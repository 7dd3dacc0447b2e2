# frozen_string_literal: true

# Extended types of one number that follow each other: what the first one becomes is looked up for all of them, until
# something is registered.
RSpec.describe MessagePack::Unpacker, "with extended types in a row" do
  let(:unpacker) { described_class.new }

  def row(numbers, kind = 1)
    numbers.inject([0x90 | numbers.size].pack("C")) { |bytes, number| bytes << ext_bytes(kind, number.to_s) }
  end

  def read(message)
    unpacker.feed(message).read
  end

  # Registers each way a handler that gets the payload.
  ways = {
    "register_type" => ->(unpacker, handler) { unpacker.register_type(1, &handler) },
    "register_exttype" => lambda do |unpacker, handler|
      unpacker.register_exttype(1, ->(_type, payload) { handler.call(payload) })
    end
  }

  ways.each do |name, register|
    describe "by #{name}" do
      it "gives each payload to the handler, of any length, and what stands between them to nobody" do
        register.call(unpacker, ->(payload) { [payload, payload.encoding] })
        payloads = ["", "a", "bc", "def", "g" * 15, "h" * 16, "i" * 17, "j" * 300, "k" * 70_000]
        message = bytes(0xdc, 0, 18) + payloads.map { |payload| ext_bytes(1, payload) + bytes(7) }.join
        expect(read(message)).to eq(payloads.flat_map { |payload| [[payload, Encoding::BINARY], 7] })
        expect(read(bytes(0x99) + payloads.map { |payload| ext_bytes(1, payload) }.join).map(&:first)).to eq(payloads)
      end

      it "asks another handler for those behind the one that has put it there" do
        register.call(unpacker, lambda do |payload|
          register.call(unpacker, ->(other) { "new #{other}" }) if payload == "2"
          payload
        end)
        expect(read(row(1..4))).to eq(["1", "2", "new 3", "new 4"])
      end

      it "makes ExtTypes of those behind the one that has taken its handler away" do
        register.call(unpacker, lambda do |payload|
          unpacker.register_exttype(1, nil) if payload == "2"
          payload
        end)
        expect(read(row(1..3))).to eq(["1", "2", MessagePack::ExtType.new(1, "3")])
      end

      it "gives the object up when a handler raises, and reads the next one" do
        register.call(unpacker, ->(payload) { payload == "3" ? raise("three") : payload })
        expect { read(row(1..5) + row([7, 8])) }.to raise_error(RuntimeError, /three/)
        expect(unpacker.read).to eq(%w[7 8])
      end

      it "goes on wherever the input is cut" do
        register.call(unpacker, ->(payload) { payload.to_i })
        message = row(98..104)
        results = message.each_char.map { |byte| unpacker.feed(byte) && read_if_whole }
        expect(results.compact).to eq([[*98..104]])
      end
    end
  end

  def read_if_whole
    unpacker.read
  rescue MessagePack::UnderflowError
    nil
  end

  it "tells numbers apart that take turns" do
    unpacker.register_type(1) { |payload| "one #{payload}" }
    unpacker.register_exttype(2, ->(type, payload) { [type, payload] })
    message = bytes(0x96) + [1, 1, 2, 3, 3, 1].map { |kind| ext_bytes(kind, "x") }.join
    unknown = MessagePack::ExtType.new(3, "x")
    expect(read(message)).to eq(["one x", "one x", [2, "x"], unknown, unknown, "one x"])
  end

  it "makes objects of its own of those that nothing is registered for" do
    expect(read(row(1..5, 9))).to eq((1..5).map { |number| MessagePack::ExtType.new(9, number.to_s) })
    expect(read(row(1..5, -9)).map { |value| [value.type, value.data, value.frozen?] })
      .to eq((1..5).map { |number| [-9, number.to_s, false] })
    frozen = described_class.new(freeze: true).feed(row([1, 1, 2])).read
    expect(frozen.map { |value| [value.data, value.frozen?, value.data.frozen?] })
      .to eq(%w[1 1 2].map { |payload| [payload, true, true] })
  end
end
