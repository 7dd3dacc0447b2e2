# frozen_string_literal: true

RSpec.describe MessagePack::Unpacker do
  subject(:unpacker) { described_class.new }

  describe ".new" do
    it "works without arguments, with nil and with options in either place", :aggregate_failures do
      [[], [nil], [nil, nil], [{}], [nil, {}], [{ symbolize_keys: false }]].each do |arguments|
        expect(described_class.new(*arguments).feed(hex("81 a1 61 01")).read).to eq("a" => 1)
      end
      [[{ symbolize_keys: true }], [nil, { symbolize_keys: true }]].each do |arguments|
        expect(described_class.new(*arguments).feed(hex("81 a1 61 01")).read).to eq(a: 1)
      end
    end

    it "takes options as keywords, with an io or without" do
      io = StringIO.new(hex("81 a1 61 01"))

      expect(described_class.new(io, symbolize_keys: true).read).to eq(a: 1)
      expect(described_class.new(symbolize_keys: true).feed(hex("81 a1 61 01")).read).to eq(a: 1)
    end

    it "ignores options that it does not know" do
      expect(described_class.new(no_such_option: 1).feed(hex("07")).read).to eq(7)
    end

    it "names what an io must have" do
      error = error_of { described_class.new(Object.new) }

      expect(error).to be_a(TypeError).or be_a(ArgumentError)
      expect(error.message).to match(/read/)
    end

    it "leaves the Hash of options as it was" do
      options = { symbolize_keys: true, default_exttype: nil }.freeze

      expect { described_class.new(options) }.not_to raise_error
    end
  end

  describe "#tell" do
    it "counts the bytes consumed since the start" do
      unpacker.feed(hex("01 a2 61 62 93 01 02 03 c0"))

      expect(unpacker.tell).to eq(0)
      expect(Array.new(4) { [unpacker.read, unpacker.tell].last }).to eq([1, 4, 8, 9])
    end

    it "counts what skip, headers and the buffer took" do
      unpacker.feed(hex("92 01 02 dc 00 02 c4 02 aa bb"))
      unpacker.skip
      expect(unpacker.tell).to eq(3)
      unpacker.read_array_header
      expect(unpacker.tell).to eq(6)
      unpacker.buffer.read(3)
      expect(unpacker.tell).to eq(9)
      unpacker.buffer.skip(1)
      expect(unpacker.tell).to eq(10)
    end

    it "does not move for skip_nil or a refused header" do
      unpacker.feed(hex("01 07"))
      unpacker.read
      unpacker.skip_nil
      error_of { unpacker.read_array_header }

      expect(unpacker.tell).to eq(1)
    end

    it "goes on over many feeds" do
      1000.times { unpacker.feed(hex("cd 01 00")).read }

      expect(unpacker.tell).to eq(3000)
    end
  end

  describe "#buffer" do
    it "is the same Buffer each time" do
      expect(unpacker.buffer).to be_a(MessagePack::Buffer)
      expect(unpacker.buffer).to equal(unpacker.buffer)
    end

    it "holds the bytes that are not consumed yet" do
      unpacker.feed(hex("01 02 03"))
      unpacker.read

      expect(unpacker.buffer.size).to eq(2)
      expect(unpacker.buffer.to_s).to eq(hex("02 03"))
    end

    it "gives raw bytes from between two objects" do
      unpacker.feed(hex("01 aa bb 02"))

      expect([unpacker.read, unpacker.buffer.read(2), unpacker.read]).to eq([1, hex("aa bb"), 2])
    end

    it "is fed by its own write" do
      unpacker.buffer.write(hex("92 01"))
      unpacker.buffer << hex("02")

      expect(unpacker.read).to eq([1, 2])
    end

    it "forgets everything with clear, a half-read object too" do
      unpacker.feed(hex("93 01"))
      expect_underflow { unpacker.read }
      unpacker.buffer.clear

      expect(unpacker.feed(hex("07")).read).to eq(7)
    end

    it "lives on when the unpacker is gone" do
      buffer = described_class.new.feed(hex("01 02")).buffer
      GC.start

      expect(buffer.read).to eq(hex("01 02"))
    end
  end

  describe "#reset" do
    it "returns nil" do
      expect(unpacker.reset).to be_nil
    end

    it "forgets unread bytes, a half-read object and the position" do
      unpacker.feed(hex("07 93 01"))
      unpacker.read
      expect_underflow { unpacker.read }
      unpacker.reset

      expect(unpacker.tell).to eq(0)
      expect(unpacker.buffer).to be_empty
      expect(unpacker.feed(hex("08")).read).to eq(8)
      expect(unpacker.tell).to eq(1)
    end

    it "forgets a half-done skip and the rest of a refused object" do
      unpacker.feed(hex("92 01"))
      expect_underflow { unpacker.skip }
      unpacker.reset
      expect(unpacker.feed(hex("07")).read).to eq(7)

      unpacker.default_exttype = false
      unpacker.feed(hex("92 d4 05 aa"))
      expect { unpacker.read }.to raise_error(MessagePack::UnknownExtTypeError)
      unpacker.reset
      expect(unpacker.feed(hex("08")).read).to eq(8)
    end

    it "keeps options, registrations and default" do
      unpacker = described_class.new(symbolize_keys: true, default_exttype: ->(type, _data) { type })
      unpacker.register_exttype(5) { |_type, data| data.size }
      unpacker.reset

      expect(unpacker.feed(hex("81 a1 61 92 d4 05 aa d4 06 aa")).read).to eq(a: [1, 6])
    end
  end

  describe "#symbolize_keys?" do
    it "tells the options" do
      expect(unpacker).not_to be_symbolize_keys
      expect(described_class.new(symbolize_keys: true)).to be_symbolize_keys
    end
  end

  describe "a frozen Unpacker" do
    before { unpacker.register_exttype(5) { |_type, data| data.size } && unpacker.freeze }

    it "still feeds, reads, skips and resets" do
      unpacker.feed(hex("92 d4 05 aa 02 03 04"))

      expect([unpacker.read, unpacker.skip, unpacker.read]).to eq([[1, 2], nil, 4])
      unpacker.reset
      expect(unpacker.tell).to eq(0)
    end

    it "refuses registrations and changes nothing" do
      refusal = raise_error(FrozenError, /can't modify frozen MessagePack::Unpacker/)

      expect { unpacker.register_exttype(5, MessagePack::ExtType) }.to refusal
      expect { unpacker.register_exttype(6) { |_type, _data| :changed } }.to refusal
      expect { unpacker.default_exttype = false }.to refusal
      expect(unpacker.feed(hex("92 d4 05 aa d4 06 bb")).read).to eq([1, MessagePack::ExtType.new(6, "\xBB".b)])
    end
  end

  it "cannot be copied" do
    expect(unpacker).not_to respond_to(:dup)
    expect(unpacker).not_to respond_to(:clone)
    expect { unpacker.dup }.to raise_error(NoMethodError)
    expect { unpacker.clone }.to raise_error(NoMethodError)
  end

  it "says so when it was allocated and never initialised", :aggregate_failures do
    calls = UnpackerHelpers::CONSUMING_CALLS.values + [
      ->(unpacker) { unpacker.feed("x") }, ->(unpacker) { unpacker.tell }, ->(unpacker) { unpacker.buffer },
      ->(unpacker) { unpacker.reset }, ->(unpacker) { unpacker.register_exttype(5, MessagePack::ExtType) },
      ->(unpacker) { unpacker.resolve_exttype(5) }, ->(unpacker) { unpacker.symbolize_keys? }
    ]
    calls.each do |call|
      expect { call.call(described_class.allocate) }.to raise_error(StandardError, /initiali[sz]|allocat/i)
    end
  end

  describe "a subclass" do
    let(:subclass) do
      Class.new(described_class) do
        attr_reader :name

        def initialize(name, io = nil, **options)
          super(io, options)
          @name = name
        end

        def read
          [name, super]
        end
      end
    end

    it "takes its own arguments, keeps state of its own and calls super" do
      unpacker = subclass.new("mine", symbolize_keys: true)
      unpacker.feed(hex("81 a1 61 01"))

      expect(unpacker.read).to eq(["mine", { a: 1 }])
      expect(unpacker).to be_a(described_class)
    end

    it "reads from an io" do
      expect(subclass.new("mine", StringIO.new(hex("07"))).read).to eq(["mine", 7])
    end
  end
end
