# frozen_string_literal: true

require "objspace"
require "stringio"

# The Buffer as an object: what cannot be done to it, and how large it is.
RSpec.describe MessagePack::Buffer, "as an object" do
  let(:buffer) { described_class.new }

  it "has neither dup nor clone" do
    expect { buffer.dup }.to raise_error(NoMethodError, /dup/)
    expect { buffer.clone }.to raise_error(NoMethodError, /clone/)
  end

  it "may be subclassed" do
    subclass = Class.new(described_class) do
      def initialize(first)
        super()
        write(first)
      end
    end
    expect(subclass.new("first").read).to eq("first")
  end

  { write: ["a"], :<< => ["a"], append: ["a"], read: [], read_all: [], skip: [1], skip_all: [1], size: [], empty?: [],
    clear: [], close: [], io: [], flush: [], to_s: [], to_str: [], to_a: [], write_to: [StringIO.new],
    write_extended_header: [1, 2] }.each do |name, arguments|
    it "raises a clear error in #{name} if it was never initialized" do
      expect { described_class.allocate.public_send(name, *arguments) }
        .to raise_error(StandardError, /initiali[sz]e|allocat/)
    end
  end

  describe "ObjectSpace.memsize_of" do
    let(:empty_size) { ObjectSpace.memsize_of(described_class.new) }

    it "is below 450 bytes at first" do
      expect(empty_size).to be < 450
    end

    it "counts what is held, whole chunks of it" do
      100.times { buffer.write("x" * 10_000) }
      expect(ObjectSpace.memsize_of(buffer)).to be >= 1_000_000
      buffer.read(500_000)
      expect(ObjectSpace.memsize_of(buffer)).to be >= 500_000
    end

    it "is that of a new one after everything was read, skipped, cleared or written out" do
      emptied = [:read, [:skip, 2_000_000], :clear, [:write_to, StringIO.new(String.new)]].map do |call|
        described_class.new.tap do |buffer|
          100.times { buffer.write("x" * 10_000) }
          buffer.public_send(*call)
        end
      end
      expect(emptied.map { |buffer| ObjectSpace.memsize_of(buffer) }).to all(eq(empty_size))
    end
  end
end
