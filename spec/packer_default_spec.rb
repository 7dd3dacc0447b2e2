# frozen_string_literal: true

require "stringio"

RSpec.describe MessagePack::Packer, "with default:" do
  let(:plain) { Struct.new(:value) { def inspect = "plain" } }

  it "asks it for objects that can't be packed, and packs what it gives" do
    packer = described_class.new(default: ->(object) { object.to_h })
    expect(MessagePack.unpack(packer.write([plain.new(1), "x"]).to_s)).to eq([{ "value" => 1 }, "x"])
  end

  it "is an option of each way to pack" do
    default = ->(object) { object.value }
    io = StringIO.new
    MessagePack.pack([plain.new(1)], io, default:)
    expect([MessagePack.pack([plain.new(1)], default:), io.string.b,
            MessagePack::Factory.new.dump([plain.new(1)], default:),
            MessagePack::Factory.new.packer(default:).write([plain.new(1)]).to_s,
            MessagePack::Factory.new.pool(1, default:).dump([plain.new(1)])]).to all(eq(hex("91 01")))
  end

  it "may be any object with call" do
    default = Object.new
    def default.call(object) = object.class.name.to_s
    expect(described_class.new(default:).write(plain.new(1)).to_s).to eq(hex("a0"))
    expect(described_class.new(default: plain.instance_method(:value).method(:bind_call)).write(plain.new(8)).to_s)
      .to eq(hex("08"))
  end

  it "is not asked where there is a registration or a to_msgpack" do
    packer = described_class.new(default: ->(_) { raise "asked" })
    packer.register_exttype(plain, 5) { |object| object.value.to_s }
    own = Object.new
    def own.to_msgpack(packer) = packer.write("own")
    expect(packer.write([plain.new(1), own, :symbol, nil, 1.5]).to_s).to start_with(hex("95 d4 05 31 a3 6f 77 6e"))
  end

  it "is not asked for classes that unknown_class: false refuses" do
    packer = described_class.new(default: ->(_) { raise "asked" }, unknown_class: false)
    expect { packer.write(plain.new(1)) }.to raise_error(TypeError, /not registered/)
  end

  it "may give another object that can't be packed: each turn counts a level" do
    packer = described_class.new(default: ->(object) { object.value }, max_depth: 3)
    nested = ->(levels) { levels.zero? ? "end" : plain.new(nested.call(levels - 1)) }
    expect(packer.write(nested.call(3)).full_pack).to eq(MessagePack.pack("end"))
    expect { packer.write(nested.call(4)) }.to raise_error(MessagePack::NestingError)
    endless = described_class.new(default: ->(object) { object })
    expect { endless.write([plain.new(1)]) }.to raise_error(MessagePack::NestingError)
  end

  it "leaves nothing of a write that it makes fail, and what it raises comes out" do
    packer = described_class.new(default: ->(_) { raise KeyError, "mine" }).write("before")
    expect { packer.write(["a", plain.new(1)]) }.to raise_error(KeyError, "mine")
    expect(packer.to_s).to eq(MessagePack.pack("before"))
  end

  it "is none where it is nil" do
    expect { described_class.new(default: nil).write(plain.new(1)) }.to raise_error(NoMethodError, /to_msgpack/)
  end

  it "must have call" do
    [5, "name", :name, false, true, Object].each do |default|
      expect { described_class.new(default:) }.to raise_error(TypeError, /call/)
    end
  end
end
