# frozen_string_literal: true

require "stringio"

# The Buffer over an io: reading from it on demand, flushing into it, closing it.
RSpec.describe MessagePack::Buffer, "with an io" do
  describe "reading" do
    it "takes from the io what it needs, and counts only what it holds" do
      buffer = described_class.new(StringIO.new("abcdef"))
      expect(buffer.size).to eq(0)
      expect([buffer.read(2), buffer.read_all(2), buffer.skip(1), buffer.read]).to eq(["ab", "cd", 1, "f"])
      expect([buffer.read(1), buffer.read, buffer.read_all, buffer.skip(1)]).to eq([nil, "", "", 0])
    end

    it "gives what it holds before what the io has" do
      buffer = described_class.new(StringIO.new("from the io"))
      buffer.write("held, ")
      expect(buffer.read).to eq("held, from the io")
    end

    it "puts pieces together" do
      expect(described_class.new(ScriptedIO.new("a", "bc", "d")).read_all(4)).to eq("abcd")
      expect(described_class.new(ScriptedIO.new("a", "bc", "d")).read).to eq("abcd")
      expect(described_class.new(ScriptedIO.new("a", "bc", "d")).skip_all(3).read(1)).to eq("d")
    end

    it "takes more than it has asked for" do
      buffer = described_class.new(ScriptedIO.new("x" * 100_000))
      expect(buffer.read_all(5)).to eq("xxxxx")
      expect(buffer.read.bytesize).to eq(99_995)
    end

    it "uses read where there is no readpartial, with the length alone" do
      io = ScriptedReadOnlyIO.new("abc")
      expect(described_class.new(io).read_all(3)).to eq("abc")
      expect(io.calls).to all(match([an_instance_of(Integer)]))
      partial = ScriptedIO.new("abc")
      expect(described_class.new(partial).read_all(3)).to eq("abc")
      expect(partial.calls).to all(match([an_instance_of(Integer)]))
    end

    it "raises UnderflowError where the io ends too early, and loses nothing" do
      buffer = described_class.new(ScriptedIO.new("ab", "c"))
      expect { buffer.read_all(5) }.to raise_error(MessagePack::UnderflowError)
      expect { buffer.skip_all(5) }.to raise_error(MessagePack::UnderflowError)
      expect(buffer.read_all(3)).to eq("abc")
    end

    it "takes nil and an empty String for nothing now, and asks again at the next call" do
      [nil, ""].each do |nothing|
        buffer = described_class.new(ScriptedIO.new("ab", nothing, "cd"))
        expect { buffer.read_all(4) }.to raise_error(MessagePack::UnderflowError)
        expect(buffer.read_all(4)).to eq("abcd")
      end
    end

    it "lets an error of the io out, and loses nothing" do
      buffer = described_class.new(ScriptedIO.new("ab", IOError.new("mine"), "cd"))
      expect { buffer.read_all(4) }.to raise_error(IOError, "mine")
      expect(buffer.read_all(4)).to eq("abcd")
    end

    it "refuses what an io has no business to give" do
      expect { described_class.new(ScriptedIO.new(1)).read_all(1) }.to raise_error(TypeError)
    end

    it "keeps what it was given, whatever the io does with that String later" do
      given = +"given"
      buffer = described_class.new(ScriptedIO.new(given))
      first = buffer.read_all(2)
      given.replace("spoil")
      expect([first, buffer.read]).to eq(%w[gi ven])
    end

    it "keeps a long String that it was given" do
      given = "given" * 50_000
      buffer = described_class.new(ScriptedIO.new(given))
      buffer.read_all(2)
      given.replace("x" * given.bytesize)
      expect(buffer.read == ("given" * 50_000)[2..]).to be(true)
    end
  end

  describe "#flush" do
    it "hands everything over and gives self" do
      io = ScriptedSink.new
      buffer = described_class.new(io)
      buffer << "ab" << "cd"
      expect(buffer.flush).to equal(buffer)
      expect([io.taken, buffer.size]).to eq(["abcd", 0])
    end

    it "hands the rest again after a short write" do
      io = ScriptedSink.new(1, 2)
      (described_class.new(io) << "abcdef").flush
      expect([io.taken, io.given]).to eq(["abcdef", %w[abcdef bcdef def]])
    end

    it "loses nothing when the io takes nothing or raises" do
      io = ScriptedSink.new(2, 0, 1, IOError.new("mine"))
      buffer = described_class.new(io) << "abcdef"
      expect { buffer.flush }.to raise_error(IOError)
      expect([io.taken, buffer.to_s]).to eq(%w[ab cdef])
      expect { buffer.flush }.to raise_error(IOError, "mine")
      expect([io.taken, buffer.to_s]).to eq(%w[abc def])
      buffer.flush
      expect([io.taken, buffer.to_s]).to eq(["abcdef", ""])
    end

    it "hands over referenced strings and small ones in order" do
      io = ScriptedSink.new(10, 100_000)
      buffer = described_class.new(io)
      parts = ["a", "b" * 600_000, "c", "d" * 700_000, "e"]
      parts.each { |part| buffer << part }
      buffer.flush
      expect(io.taken == parts.join).to be(true)
    end

    it "needs an io that can be written to" do
      expect { (described_class.new(Object.new) << "a").flush }.to raise_one_of(ArgumentError, TypeError, NoMethodError)
    end
  end

  describe "#write_to" do
    let(:buffer) { described_class.new }

    it "hands everything to the io given, tells the bytes, and is empty then" do
      io = ScriptedSink.new(1)
      buffer << "ab" << "cd"
      expect([buffer.write_to(io), io.taken, buffer.size, buffer.write_to(io)]).to eq([4, "abcd", 0, 0])
    end

    it "takes an io that has << alone" do
      io = ScriptedAppendOnlySink.new
      expect([(buffer << "abcd").write_to(io), io.taken]).to eq([4, "abcd"])
    end

    it "loses nothing when that io takes nothing or raises" do
      io = ScriptedSink.new(1, 0, IOError.new("mine"))
      buffer << "abcd"
      expect { buffer.write_to(io) }.to raise_error(IOError)
      expect { buffer.write_to(io) }.to raise_error(IOError, "mine")
      expect([io.taken, buffer.to_s]).to eq(%w[a bcd])
    end

    it "counts bytes, not characters" do
      buffer << "é" << ("ü" * 300_000)
      expect(buffer.write_to(StringIO.new(String.new))).to eq(600_002)
    end
  end

  describe "#io and #close" do
    it "gives the io, and closes it" do
      io = StringIO.new("abc")
      buffer = described_class.new(io)
      expect([buffer.io, buffer.close, io.closed?]).to match([equal(io), nil, true])
    end
  end
end
