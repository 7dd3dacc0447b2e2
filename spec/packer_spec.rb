# frozen_string_literal: true

require "stringio"

# The Packer as an object: how it is made, what it tells, what it hands out. What it writes is in
# packer_values_spec.rb and packer_write_spec.rb, extended types in packer_exttype_spec.rb.
RSpec.describe MessagePack::Packer do
  let(:packer) { described_class.new }

  describe ".new" do
    it "takes nothing, nil, nil twice, an empty Hash or options alone" do
      packers = [described_class.new, described_class.new(nil), described_class.new(nil, nil),
                 described_class.new({}), described_class.new(nil, {}), described_class.new(compatibility_mode: true)]
      expect(packers.map { |packer| packer.write([1]).to_s }).to all(eq(hex("91 01")))
      expect(packers.map(&:compatibility_mode?)).to eq([false, false, false, false, false, true])
    end

    it "takes an io, with and without options" do
      ios = Array.new(3) { StringIO.new(String.new) }
      described_class.new(ios[0]).write(1).flush
      described_class.new(ios[1], nil).write(2).flush
      described_class.new(ios[2], { compatibility_mode: true }).write("a".b).flush
      expect(ios.map(&:string)).to eq([hex("01"), hex("02"), hex("a1 61")])
    end

    it "ignores options that it does not know" do
      expect(described_class.new(nil, no_such_option: 1).write(1).to_s).to eq(hex("01"))
    end

    it "takes the options of its buffer, and refuses what they refuse" do
      expect(described_class.new(nil, io_buffer_size: 4096).write(1).to_s).to eq(hex("01"))
      expect { described_class.new(nil, io_buffer_size: "4096") }.to raise_error(TypeError)
      expect { described_class.new(nil, io_buffer_size: -1) }.to raise_error(ArgumentError)
    end

    it "refuses more than two arguments and options that are no Hash" do
      expect { described_class.new(nil, nil, nil) }.to raise_error(ArgumentError)
      expect { described_class.new(StringIO.new, 1) }.to raise_one_of(ArgumentError, TypeError)
    end

    it "refuses any unknown_class that is neither nil nor false" do
      expect(described_class.new(unknown_class: nil)).to be_a(described_class)
      [true, 0, :raise, Object].each do |value|
        expect { described_class.new(unknown_class: value) }.to raise_error(ArgumentError, /unknown_class/)
      end
    end
  end

  describe "subclasses" do
    it "may have an initialize of their own" do
      subclass = Class.new(described_class) do
        attr_reader :name

        def initialize(name)
          super(nil, compatibility_mode: true)
          @name = name
        end
      end
      packer = subclass.new("mine")
      expect([packer.name, packer.write("a".b).to_s]).to eq(["mine", hex("a1 61")])
      expect(packer).to be_an_instance_of(subclass)
    end

    it "pass themselves to to_msgpack" do
      seen = []
      object = Class.new { define_method(:to_msgpack) { |packer| seen << packer } }.new
      packer = Class.new(described_class).new
      packer.write(object)
      expect(seen).to contain_exactly(equal(packer))
    end
  end

  describe "a packer that was never initialized" do
    # Either there is no way to allocate one, or each method says what is wrong.
    def on_allocated(&)
      described_class.allocate.then(&)
    end

    {
      write: [1], write_nil: [], write_int: [1], write_array_header: [1], write_ext: [1, "a"], buffer: [], flush: [],
      clear: [], reset: [], size: [], empty?: [], to_s: [], to_str: [], to_a: [], full_pack: [],
      write_to: [StringIO.new], register_exttype: [Time, 1], register_lowlevel: [Time], unregister_exttype: [Time],
      exttype: [Time], resolve_exttype: [Time], compatibility_mode?: []
    }.each do |name, arguments|
      it "raises a clear error in #{name}" do
        expect { on_allocated { |packer| packer.public_send(name, *arguments) } }
          .to raise_error(StandardError, /initiali[sz]e|allocat/)
      end
    end

    it "can be inspected" do
      expect(on_allocated(&:inspect)).to include("MessagePack::Packer")
    rescue TypeError, NoMethodError => e
      expect(e.message).to match(/allocat/)
    end

    it "is no packer for ExtType.pack and to_msgpack either" do
      expect { on_allocated { |packer| MessagePack::ExtType.pack(packer, 1, "a") } }.to raise_error(StandardError)
      expect { on_allocated { |packer| [1].to_msgpack(packer) } }.to raise_error(StandardError)
    end
  end

  it "has neither dup nor clone" do
    expect { packer.dup }.to raise_error(NoMethodError, /dup/)
    expect { packer.clone }.to raise_error(NoMethodError, /clone/)
  end

  describe "#buffer" do
    it "is the same Buffer each time, and what the packer writes is in it" do
      packer.write([1])
      expect(packer.buffer).to be_a(MessagePack::Buffer).and equal(packer.buffer)
      expect(packer.buffer.to_s).to eq(hex("91 01"))
    end

    it "takes bytes among those of the packer, in order" do
      packer.write(1)
      packer.buffer << hex("c0")
      packer.write(2)
      expect(packer.to_s).to eq(hex("01 c0 02"))
    end

    it "outlives its packer" do
      buffer = described_class.new.write("abc").buffer
      GC.start
      expect(buffer.write("d")).to eq(1)
      expect(buffer.to_s).to eq(bytes(0xa3, "abcd"))
    end

    it "gives away what is read from it" do
      packer.write([1, 2])
      expect(packer.buffer.read(1)).to eq(hex("92"))
      expect([packer.size, packer.to_s]).to eq([2, hex("01 02")])
    end
  end

  describe "#to_s and #to_str" do
    it "give a binary copy each time" do
      packer.write("é")
      first = packer.to_s
      first << "x"
      expect([packer.to_s, packer.to_str]).to all(eq(hex("a2 c3 a9")))
      expect([packer.to_s.encoding, packer.to_str.encoding]).to all(be(Encoding::BINARY))
    end

    it "are empty Strings at first" do
      expect([packer.to_s, packer.to_str]).to eq(["", ""])
      expect(packer.to_s.encoding).to be(Encoding::BINARY)
    end

    it "let a packer stand for its bytes" do
      packer.write([1])
      expect("#{hex("c0")}#{packer}".b).to eq(hex("c0 91 01"))
      expect(hex("c0") + packer).to eq(hex("c0 91 01"))
    end
  end

  it "tells its size and whether it is empty" do
    expect([packer.size, packer.empty?]).to eq([0, true])
    packer.write("abc")
    expect([packer.size, packer.empty?]).to eq([4, false])
  end

  it "gives its pieces as an Array of Strings" do
    packer.write("abc").write("d" * 600_000).write(1)
    pieces = packer.to_a
    expect(pieces).to all(be_a(String))
    expect(pieces.join.b == packer.to_s).to be(true)
  end

  %i[clear reset].each do |name|
    it "forgets everything at ##{name}, which returns nil" do
      packer.write([1, "x" * 100_000])
      expect(packer.public_send(name)).to be_nil
      expect([packer.size, packer.to_s]).to eq([0, ""])
      expect(packer.write(2).to_s).to eq(hex("02"))
    end

    it "keeps its registrations at ##{name}" do
      packer.register_exttype(Time, 1) { "t" }
      packer.public_send(name)
      expect(packer.write(Time.now).to_s).to eq(hex("d4 01 74"))
    end
  end

  describe "#full_pack" do
    it "gives the String and clears" do
      packer.write([1, "ab"])
      expect(packer.full_pack).to eq(hex("92 01 a2 61 62"))
      expect([packer.empty?, packer.full_pack]).to eq([true, ""])
    end

    it "gives a binary String" do
      expect(packer.write("é").full_pack.encoding).to be(Encoding::BINARY)
    end

    it "flushes and gives nil with an io" do
      io = StringIO.new(String.new)
      packer = described_class.new(io)
      expect(packer.write([1]).full_pack).to be_nil
      expect([io.string, packer.empty?]).to eq([hex("91 01"), true])
    end
  end

  describe "#compatibility_mode?" do
    it "is true or false" do
      modes = [{}, { compatibility_mode: false }, { compatibility_mode: nil }, { compatibility_mode: true }]
      told = modes.map { |options| described_class.new(options).compatibility_mode? }
      expect(told).to eq([false, false, false, true])
    end
  end

  describe "when frozen" do
    let(:message) { "can't modify frozen MessagePack::Packer" }

    before do
      packer.register_exttype(Time, 1) { "t" }
      packer.freeze
    end

    it "still writes, clears and flushes" do
      expect(packer.write([Time.now]).to_s).to eq(hex("91 d4 01 74"))
      expect([packer.full_pack, packer.write(1).flush.clear, packer.size]).to eq([hex("91 d4 01 74"), nil, 0])
    end

    it "refuses to register and to unregister, and keeps what was registered" do
      expect { packer.register_exttype(Object, 2) { "x" } }.to raise_error(FrozenError, message)
      expect { packer.register_exttype(Object, 2, nil) }.to raise_error(FrozenError, message)
      expect { packer.register_lowlevel(Object) { nil } }.to raise_error(FrozenError, message)
      expect { packer.unregister_exttype(Time) }.to raise_error(FrozenError, message)
      expect([packer.exttype(Object), packer.exttype(Time)]).to match([nil, [1, an_instance_of(Proc)]])
    end
  end
end
