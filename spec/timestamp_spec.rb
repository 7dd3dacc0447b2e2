# frozen_string_literal: true

RSpec.describe MessagePack::Timestamp do
  # Both ends of each form, from the specification's description of their bits.
  payloads = {
    [0, 0] => "00000000",
    [1, 0] => "00000001",
    [(2**32) - 1, 0] => "ffffffff",
    [2**32, 0] => "00000001 00000000",
    [0, 1] => "00000004 00000000",
    [1, 1] => "00000004 00000001",
    [1_514_862_245, 678_901_234] => "a1dcd7c8 5a4af6a5",
    [(2**34) - 1, 0] => "00000003 ffffffff",
    [(2**34) - 1, 999_999_999] => "ee6b27ff ffffffff",
    [2**34, 0] => "00000000 00000004 00000000",
    [2**34, 999_999_999] => "3b9ac9ff 00000004 00000000",
    [-1, 0] => "00000000 ffffffff ffffffff",
    [-1, 999_999_999] => "3b9ac9ff ffffffff ffffffff",
    [-(2**32), 1] => "00000001 ffffffff 00000000",
    [(2**63) - 1, 999_999_999] => "3b9ac9ff 7fffffff ffffffff",
    [-(2**63), 0] => "00000000 80000000 00000000"
  }

  it "has the constants of the specification" do
    expect(described_class::TYPE).to eq(-1)
    expect(described_class::TIMESTAMP32_MAX_SEC).to eq(0xffffffff)
    expect(described_class::TIMESTAMP64_MAX_SEC).to eq(0x3ffffffff)
  end

  describe "the payload" do
    payloads.each do |(sec, nsec), digits|
      it "of #{sec} s and #{nsec} ns is #{digits}, both ways" do
        payload = hex(digits)
        expect(described_class.to_msgpack_ext(sec, nsec)).to eq(payload)
        expect(described_class.new(sec, nsec).to_msgpack_ext).to eq(payload)
        expect(described_class.from_msgpack_ext(payload)).to have_attributes(sec: sec, nsec: nsec)
      end
    end

    it "is a binary String of its own" do
      payload = described_class.to_msgpack_ext(1, 0)
      expect(payload.encoding).to eq(Encoding::BINARY)
      expect(payload).not_to be_frozen
    end

    it "may be in a larger form than needed" do
      expect(described_class.from_msgpack_ext(hex("00000000 00000001"))).to eq(described_class.new(1, 0))
      expect(described_class.from_msgpack_ext(hex("00000000 00000000 00000001"))).to eq(described_class.new(1, 0))
      expect(described_class.from_msgpack_ext(hex("00000001 00000000 00000001"))).to eq(described_class.new(1, 1))
    end

    it "is read by its bytes, whatever their encoding, and left as it is" do
      payload = "éé" # 4 bytes of 2 characters
      expect(described_class.from_msgpack_ext(payload).sec).to eq(0xc3a9c3a9)
      expect(payload).to eq("éé")
    end

    it "makes objects of the class that is asked" do
      subclass = Class.new(described_class)
      expect(subclass.from_msgpack_ext(hex("00000001"))).to be_an_instance_of(subclass)
    end
  end

  describe "what is no timestamp" do
    makers = {
      "new" => ->(sec, nsec) { described_class.new(sec, nsec) },
      ".to_msgpack_ext" => ->(sec, nsec) { described_class.to_msgpack_ext(sec, nsec) }
    }

    makers.each do |name, make|
      it "is refused by #{name}" do
        [-1, 1_000_000_000, 2**64].each do |nsec|
          expect { make.call(0, nsec) }.to raise_error(ArgumentError, /nanoseconds.*0\.\.999999999.*#{nsec}/)
        end
        [2**63, -(2**63) - 1].each do |sec|
          expect { make.call(sec, 0) }.to raise_error(RangeError, /seconds.*64 bits.*#{sec}/)
        end
        [[1.5, 0, "seconds, got Float"], [nil, 0, "seconds, got NilClass"],
         [0, 0.5, "nanoseconds, got Float"], [0, "1", "nanoseconds, got String"]].each do |sec, nsec, message|
          expect { make.call(sec, nsec) }.to raise_error(TypeError, /Integer as #{message}/)
        end
      end
    end

    it "is refused by .from_msgpack_ext when the size is wrong" do
      ((0..20).to_a - [4, 8, 12]).each do |size|
        expect { described_class.from_msgpack_ext("\0" * size) }
          .to raise_error(MessagePack::MalformedFormatError, /4, 8 or 12 bytes.* #{size}\z/)
      end
    end

    it "is refused by .from_msgpack_ext when there are more nanoseconds than a second has" do
      [hex("ee6b2800 00000000"), hex("ffffffff ffffffff"),
       hex("3b9aca00 00000000 00000000"), hex("ffffffff 00000000 00000000")].each do |payload|
        expect { described_class.from_msgpack_ext(payload) }
          .to raise_error(MessagePack::MalformedFormatError, /999999999 nanoseconds/)
      end
    end

    it "is refused by .from_msgpack_ext when it is no String" do
      [nil, 1, [1]].each do |other|
        expect { described_class.from_msgpack_ext(other) }.to raise_error(TypeError, /String.*got #{other.class}/)
      end
    end
  end

  describe "equality" do
    let(:subclass) { Class.new(described_class) }
    let(:one) { described_class.new(1, 2) }

    it "is that of the moment, across subclasses" do
      expect(one).to eq(described_class.new(1, 2))
      expect(one).to eq(subclass.new(1, 2))
      expect(subclass.new(1, 2)).to eq(one)
      [described_class.new(1, 3), described_class.new(2, 2), 1, nil, Time.at(1, 2, :nanosecond)].each do |other|
        expect(one).not_to eq(other)
      end
      expect(one == BasicObject.new).to be(false)
    end

    it "is for keys of a Hash that of the class too" do
      expect({ one => :found }).to include(described_class.new(1, 2) => :found)
      expect(one).to eql(described_class.new(1, 2))
      expect(one).not_to eql(subclass.new(1, 2))
      expect(one).not_to eql(described_class.new(1, 3))
      expect(one.hash).to eq(described_class.new(1, 2).hash)
      expect(one.eql?(BasicObject.new)).to be(false)
    end
  end

  it "is a plain object, for dup, Marshal and Ractors" do
    moment = described_class.new(-5, 6)
    expect(moment.dup).to eq(moment)
    expect(Marshal.load(Marshal.dump(moment))).to eq(moment)
    expect(Ractor.make_shareable(moment)).to be_frozen.and eq(described_class.new(-5, 6))
  end

  it "is not packed by itself: it takes a registration" do
    expect(described_class.new(1, 0)).not_to respond_to(:to_msgpack)
  end

  describe "on the wire" do
    it "is extended type -1" do
      stream = MessagePack::Packer.new.write_ext(-1, described_class.to_msgpack_ext(1, 0)).to_s
      expect(stream).to eq(hex("d6 ff 00000001"))
      expect(described_class.from_msgpack_ext(MessagePack.unpack(stream).data)).to eq(described_class.new(1, 0))
    end

    it "is, when malformed, an error that tells where" do
      unpacker = MessagePack::Unpacker.new
      unpacker.default_exttype = ->(_type, data) { described_class.from_msgpack_ext(data) }
      unpacker.feed(hex("92 01 d4 ff 00  d6 ff 00000001"))
      expect { unpacker.read }
        .to raise_error(an_instance_of(MessagePack::MalformedFormatError).and(having_attributes(offset: 2)))
      expect(unpacker.read).to eq(described_class.new(1, 0))
    end

    it "is the same for Python's library, both ways" do
      python = "/usr/bin/python3" # Debian's own: the one that python3-msgpack belongs to
      there = File.executable?(python) && system(python, "-c", "import msgpack", out: File::NULL, err: File::NULL)
      need(there, "Debian's python3-msgpack (apt-get install python3-msgpack)")

      packer = MessagePack::Packer.new
      payloads.each_key { |moment| packer.write_ext(-1, described_class.to_msgpack_ext(*moment)) }
      result = run_program(python, "-c", <<~PYTHON, stdin: packer.to_s)
        import msgpack, sys
        for moment in msgpack.Unpacker(sys.stdin.buffer):
            print(moment.seconds, moment.nanoseconds, msgpack.packb(moment).hex())
      PYTHON

      lines = result.stdout.lines.map(&:split)
      expect(lines.map { |sec, nsec, _| [Integer(sec), Integer(nsec)] }).to eq(payloads.keys), result.to_s
      expect([lines.map(&:last).join].pack("H*")).to eq(packer.to_s)
    end
  end
end
