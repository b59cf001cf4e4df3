"""Groups that are in a crystal for the crystal's sake: no ligands unless the caller says so. Codes of the wwPDB's CCD.

Glycans are here because nearly all of them are bound to the protein or came with the drop.
"""

EXCLUDED_BY_KIND = {
    "ion": """
        LI NA K RB CS MG CA SR BA AL GA IN TL MN MN3 FE FE2 CO 3CO NI CU CU1 ZN CD HG AG AU PT PD PB Y1 YB LA CE PR
        SM EU GD TB HO LU U1 CL BR IOD F CR V W MO OS IR RU RH
    """,
    "water": """
        HOH DOD WAT H2O OH O OXY PEO
    """,
    "buffer or salt": """
        SO4 SO3 PO4 PO3 PI 2HP NO3 NO2 CO3 BCT BO3 BO4 AZI SCN CYN CAC ARS ART VO4 WO4 MOO ALF AF3 BEF MGF NH4 NH3
        PER H2S ACT ACY FMT CIT FLC TLA TAR MLA MLI MLT OXL SIN GLV TRS BTB BCN MES EPE HEP NHE CXS CPS PIN B3P POP
        DPO PPK 2PO IMD TAU MPO CAQ MOH MPB
    """,
    "precipitant, solvent or reductant": """
        GOL EDO EGL PGO PGR PDO BDO BU1 BU2 BU3 MPD MRD HEZ HEX IPA POL EOH MOH DMS DMF DMN ACN CCN ACM ACE DIO DXE
        NEH TBU BME MTO DTT DTV DTU DTD DVT SGM UNX UNL PEG PG4 PGE PG0 PG5 PG6 1PE 2PE P6G P33 P3G P4G PE3 PE4 PE5
        PE6 PE7 PE8 7PE 12P 15P XPE ETE ETF M2M TOE C8E C10 C15 P4C 1PG XE AR KR N2 NO CMO CO2 IOH BEN BNZ URE
        GAI NET ME2 SPM SPD
    """,
    "detergent or lipid": """
        BOG BNG HTG LDA LMT DMU UMQ CPS CXE SDS CHD CDL OLA OLB OLC PLM MYR STE DAO DKA OCA LFA D10 D12 HP6 TRD UND
        R16 D1D PEE PEF PEV PEH PEK PTY PC1 PCW PLC POV PSF PGT PGV LHG LMG DGD SQD LPP HXG MC3 8K6 Y01
    """,
    "glycan": """
        NAG NDG NGA A2G NGZ BGC GLC GLA GAL BMA MAN BM3 FUC FUL FUF XYS XYP XYL RIB ARA ARB RAM SIA SLB NAN SGN IDS
        IDR GCU BDP GTR ADA SUC TRE LAT LBT MAL MAB CBI FRU KDO GMH Z9N 0MK
    """,
}
KIND_BY_CODE = {code: kind for kind, codes in EXCLUDED_BY_KIND.items() for code in codes.split()}
DEFAULT_EXCLUDED = frozenset(KIND_BY_CODE)
