# frozen_string_literal: true

require_relative "differential/comparison"
require_relative "differential/peer"

# This gem and Debian's C gem, each in a process of its own, get the same random objects to pack and the same damaged
# bytes to read. They have to give the same bytes, the same objects and the same errors, but for what
# differential/intended_differences.rb lists. SEED=number tries other cases.
RSpec.describe "Beside the C gem", :property do
  describe "in 20,000 cases" do
    seed = Integer(ENV.fetch("SEED", 20_150_604))
    cases = 10_000
    comparisons = nil
    list = nil

    before do
      comparisons ||= Differential::Peer.both do |ours, theirs|
        need theirs.missing.nil?, "the C gem (apt-get install ruby-msgpack): #{theirs.missing}"
        list = Differential::IntendedDifferences.of(theirs.version)
        need list, "a C gem that the list is about (#{theirs.version} is there)"
        Differential::CASES.keys.to_h do |kind|
          [kind, Differential::Comparison.new(kind, seed, list).run(cases, ours, theirs)]
        end
      end
    end

    after(:context) do
      next unless comparisons

      RSpec.configuration.reporter.message("\nCompared with the C gem, SEED=#{seed}\n#{comparisons.values.join("\n")}")
    end

    Differential::CASES.each_key do |kind|
      it "does the same with #{cases} random #{kind}, or means to differ" do
        comparison = comparisons.fetch(kind)
        expect(comparison.total).to eq(cases)
        expect(comparison.unexplained).to(be_empty, -> { comparison.failures })
      end

      it "claims no difference in more than 5 % of the #{kind}" do
        expect(comparisons.fetch(kind).hits.select { |_, hits| hits > cases / 20 }).to be_empty
      end
    end

    it "lists no difference that isn't there" do
      met = comparisons.values.flat_map { |comparison| comparison.hits.keys }
      expect((list.all - met).map(&:name)).to be_empty
    end
  end

  describe "the check itself" do
    # A library that does what it is told.
    scripted = Struct.new(:steps) do
      def ask(_kind, _seed, numbers) = @count = numbers.size

      def answer = Array.new(@count) { [0, steps] }
    end

    def compared(ours, theirs, kind: :bytes, count: 3)
      Differential::Comparison.new(kind, 1, Differential::IntendedDifferences.of("1.4.2")).run(count, ours, theirs)
    end

    it "finds other bytes, other objects, other errors, and more or fewer steps" do
      [
        [[[:read, "1"]], [[:read, "2"]]],
        [[[:read, "1"]], [[:read, "!EOFError"]]],
        [[[:read, "!ArgumentError"]], [[:read, "!EOFError"]]],
        [[[:value, "1"], [:each, "nil"]], [[:each, "nil"]]],
        [[[:value, "1"]], [[:value, "1"], [:value, "2"]]]
      ].each do |ours, theirs|
        comparison = compared(scripted.new(ours), scripted.new(theirs))
        expect(comparison.unexplained.map(&:first)).to eq([0, 1, 2])
        expect(comparison.failures).to include("3 of 3", "number 0")
      end
    end

    it "finds none where there is none" do
      steps = [[:value, "1"], [:read, "!EOFError"]]
      expect(compared(scripted.new(steps), scripted.new(steps)).unexplained).to be_empty
    end

    it "stops when the two did not get the same case" do
      other = scripted.new([]).tap { |peer| def peer.answer = [[1, []]] * 3 }
      expect { compared(scripted.new([]), other) }.to raise_error(/case 0 .* not the same/)
    end

    it "takes a class of ours for theirs only if it inherits from it" do
      Differential::IntendedDifferences::NARROWER_ERRORS.each do |ours, theirs|
        expect(Object.const_get(ours).superclass.name).to eq(theirs)
      end
    end

    it "tells what differs in a value: class, encoding, frozen state, bits and order" do
      pairs = [["a", "a".b], [+"a", -"a"], [:é, "é".b.to_sym], [1, 1.0], [0.0, -0.0], [Float::NAN, -Float::NAN],
               [{ 1 => 2, 3 => 4 }, { 3 => 4, 1 => 2 }], [[], {}], [[1], [[1]]], ["nil", nil], ["a", :a],
               [Differential::Ext.new(1, "a"), Differential::Ext.new(1, "b")],
               [Differential::Ext.new(1, "a"), Differential::Ext.new(2, "a")]]
      pairs.each do |one, other|
        expect(Differential::Description.of(one)).not_to eq(Differential::Description.of(other))
      end
    end
  end
end
